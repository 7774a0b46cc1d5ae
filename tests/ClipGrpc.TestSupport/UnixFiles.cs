using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClipGrpc.TestSupport;

/// <summary>What .NET has no method for.</summary>
internal static class UnixFiles
{
    private const int OwnerOnly = 0x180;
    private const int WriteOnly = 1;
    private const int NonBlocking = 0x800;

    /// <summary>Makes a file that holds whoever opens it, until somebody opens its other end.</summary>
    public static void CreateFifo(string path) => Assert.Equal(0, MakeFifo(path, OwnerOnly));

    /// <summary>False where that would have to wait.</summary>
    public static bool TryOpenForWriting(string path)
    {
        using var handle = Open(path, WriteOnly | NonBlocking);
        return !handle.IsInvalid;
    }

    [DllImport("libc", EntryPoint = "mkfifo")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MakeFifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
