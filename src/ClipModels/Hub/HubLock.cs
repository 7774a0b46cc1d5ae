namespace ClipGrpc.Models.Hub;

/// <summary>
/// Held by the one process that fetches a file. It is the system's lock on an open file (flock where available, as the
/// Hub's own tools take), so it is free as soon as its holder ends, however that ends. The file itself stays.
/// </summary>
internal sealed class HubLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // EWOULDBLOCK of Linux and of macOS; ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION of Windows.
    private static readonly int[] HeldByOther = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    private readonly FileStream _file;

    private HubLock(FileStream file) => _file = file;

    /// <param name="waiting">Called once, where somebody else has it.</param>
    public static async Task<HubLock> AcquireAsync(
        string path, TimeProvider time, Action waiting, CancellationToken cancellationToken)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            if (TryOpen(path) is { } file)
                return new HubLock(file);

            if (isFirst)
                waiting();
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>Null where somebody else has it.</summary>
    public static HubLock? TryAcquire(string path) => TryOpen(path) is { } file ? new HubLock(file) : null;

    public void Dispose() => _file.Dispose();

    private static FileStream? TryOpen(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (HeldByOther.Contains(exception.HResult))
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw HubErrors.CacheUnusable(path, exception);
        }
    }
}
