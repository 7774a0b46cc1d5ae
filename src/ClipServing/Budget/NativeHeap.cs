using System.Runtime.InteropServices;

namespace ClipGrpc.Serving.Budget;

/// <summary>The heap of the C library, which the decoders and the model runtime use.</summary>
internal static partial class NativeHeap
{
    /// <summary>Gives its free memory back to the system. Only glibc has to be told.</summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux())
            return;

        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
