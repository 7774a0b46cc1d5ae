using System.Runtime.InteropServices;

namespace ClipGrpc.TestSupport;

/// <summary>A file that holds whoever opens it, until somebody opens its other end.</summary>
internal static class Fifo
{
    private const int OwnerOnly = 0x180;

    public static void Create(string path) => Assert.Equal(0, MakeFifo(path, OwnerOnly));

    [DllImport("libc", EntryPoint = "mkfifo")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MakeFifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);
}
