using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClipGrpc.Models.Files;

/// <summary>
/// Which file it is, and when it changed last. Two equal stamps mean equal content where the system keeps a change time
/// (<see cref="HasChangeTime"/>).
/// </summary>
/// <remarks>
/// Linux sets the change time (ctime) itself at every write, truncation, rename over and change of the modification
/// time, and offers no call that sets it: <c>cp -p</c>, <c>rsync -t</c>, <c>tar</c> and <c>touch</c> restore the
/// modification time and thereby renew the change time. A file of another inode or device is another file. What
/// remains is a write within the clock tick of the stamp, see <see cref="IsSettled"/>, and a clock that is set back.
/// </remarks>
/// <param name="Device">0 where the system does not report it, as for the inode.</param>
/// <param name="Modified">Time of the last change of the content, in nanoseconds since 1970.</param>
/// <param name="Changed">Time of the last change of content or attributes, in nanoseconds; 0: not known.</param>
internal readonly record struct FileStamp(ulong Device, ulong Inode, long Length, long Modified, long Changed)
{
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStats = 0x7FF;
    private const int TypeMask = 0xF000;
    private const int RegularType = 0x8000;
    private const int NoSuchFile = 2;
    private const int NotADirectory = 20;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Clock ticks of file systems are 10 ms and less; some count in seconds.</summary>
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(2);

    public bool HasChangeTime => Changed != 0;

    /// <summary>
    /// Whether the last change is so long ago that a further one would show in the stamp. Two writes within one tick of
    /// the file system's clock leave the same time.
    /// </summary>
    public bool IsSettled(DateTimeOffset now) =>
        HasChangeTime && now - DateTimeOffset.UnixEpoch - TimeSpan.FromMicroseconds(Changed / 1000) > LongestTick;

    /// <summary>Of the file that a path leads to, links followed; null where there is none.</summary>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="ClipException">It is not a regular file.</exception>
    /// <exception cref="IOException">The system does not say.</exception>
    public static FileStamp? OfPath(string path, string name)
    {
        if (!OperatingSystem.IsLinux())
            return OfInfo(new FileInfo(RegularFile.ResolveLinks(path)), name);
        if (Stat(CurrentDirectory, path, 0, BasicStats, out var found) == 0)
            return OfStat(found, name);

        var error = Marshal.GetLastPInvokeError();
        return error is NoSuchFile or NotADirectory
            ? null
            : throw new IOException($"{name}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Of an open file.</summary>
    /// <exception cref="ClipException">It is not a regular file.</exception>
    /// <exception cref="IOException">The system does not say.</exception>
    public static FileStamp OfHandle(SafeFileHandle handle, string name)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new FileStamp(
                0, 0, RandomAccess.GetLength(handle), ToNanoseconds(File.GetLastWriteTimeUtc(handle)), 0);
        }

        if (StatHandle(handle, "", EmptyPath, BasicStats, out var found) == 0)
            return OfStat(found, name);
        throw new IOException($"{name}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    private static FileStamp OfStat(in StatX found, string name)
    {
        if ((found.Mode & TypeMask) != RegularType)
        {
            throw CheckpointErrors.Invalid(
                name, $"this is a {TypeName(found.Mode & TypeMask)}; models are read from regular files only.");
        }

        return new FileStamp(
            ((ulong)found.DeviceMajor << 32) | found.DeviceMinor, found.Inode, (long)found.Size,
            ToNanoseconds(found.Modified), ToNanoseconds(found.Changed));
    }

    private static FileStamp? OfInfo(FileInfo file, string name)
    {
        if (file.Exists)
            return new FileStamp(0, 0, file.Length, ToNanoseconds(file.LastWriteTimeUtc), 0);
        return Directory.Exists(file.FullName)
            ? throw CheckpointErrors.Invalid(name, "this is a directory; models are read from regular files only.")
            : null;
    }

    private static string TypeName(int type) => type switch
    {
        0x1000 => "FIFO",
        0x2000 or 0x6000 => "device",
        0x4000 => "directory",
        0xC000 => "socket",
        _ => "special file",
    };

    private static long ToNanoseconds(StatTime time) => (time.Seconds * NanosecondsPerSecond) + time.Nanoseconds;

    private static long ToNanoseconds(DateTime utc) =>
        (utc - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Stat(
        int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, out StatX found);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatHandle(
        SafeFileHandle file, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, out StatX found);

    /// <summary>The kernel's <c>struct statx</c>, which is the same on every processor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatX
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(96)]
        public StatTime Changed;

        [FieldOffset(112)]
        public StatTime Modified;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct StatTime
    {
        public long Seconds;
        public uint Nanoseconds;
        public int Padding;
    }
}
