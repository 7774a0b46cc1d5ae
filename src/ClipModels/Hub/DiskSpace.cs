namespace ClipGrpc.Models.Hub;

/// <summary>How much a disk still takes.</summary>
internal static class DiskSpace
{
    // ENOSPC and EDQUOT (Linux, macOS); ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL of Windows.
    private static readonly int[] Full = [28, 122, 69, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    /// <summary>Bytes that this process may still write in a folder; null where the system does not tell.</summary>
    public static long? FreeIn(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    public static bool IsFull(IOException error) => Full.Contains(error.HResult);
}
