using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClipGrpc.Models.Files;

/// <summary>
/// What the system is told of the use of files, for its page cache and the memory of this process. It is advice: where
/// the system does not take it, nothing changes but time and memory.
/// </summary>
internal static class FileAdvice
{
    private const int WillNeed = 3;
    private const int DontNeed = 4;

    /// <summary>Linux takes no more at once than its read-ahead window, which is this as a rule.</summary>
    private const long Step = 128 << 10;

    /// <summary>
    /// Has files read in the background, from beginning to end: a process that maps them would otherwise read page by
    /// page, in the order that they are needed, at half the speed.
    /// </summary>
    public static void ReadAhead(IReadOnlyList<string> paths)
    {
        if (!OperatingSystem.IsLinux())
            return;

        new Thread(() => ReadAll(paths)) { IsBackground = true, Name = "read ahead" }.Start();
    }

    /// <summary>Has a file forgotten, so that its next reader waits for the disk.</summary>
    /// <exception cref="IOException">It cannot be opened for writing.</exception>
    public static void Forget(string path)
    {
        if (!OperatingSystem.IsLinux())
            return;

        // Pages that are not yet on the disk cannot be forgotten.
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.FlushToDisk(file);
        _ = Advise(file, 0, 0, DontNeed);
    }

    /// <summary>
    /// Has the pages of a mapped file leave the memory of this process; those that are read again come from the page
    /// cache.
    /// </summary>
    public static void LeaveMemory(nint address, long length)
    {
        if (OperatingSystem.IsLinux())
            _ = Advise(address, (nuint)length, DontNeed);
    }

    private static void ReadAll(IReadOnlyList<string> paths)
    {
        try
        {
            foreach (var path in paths)
            {
                using var file = File.OpenHandle(path, share: FileShare.Read | FileShare.Delete);
                var length = RandomAccess.GetLength(file);
                for (var offset = 0L; offset < length; offset += Step)
                    _ = Advise(file, offset, Step, WillNeed);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Whoever needs the file will say what is wrong with it.
        }
    }

    [DllImport("libc", EntryPoint = "posix_fadvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Advise(SafeFileHandle file, long offset, long length, int advice);

    [DllImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Advise(nint address, nuint length, int advice);
}
