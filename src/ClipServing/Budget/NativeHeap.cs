using System.Runtime.InteropServices;

namespace ClipGrpc.Serving.Budget;

/// <summary>The heap of the C library, which the decoders and the model runtime use.</summary>
internal static partial class NativeHeap
{
    private const int MmapThreshold = -3;
    private const int ArenaMax = -8;
    private const int LargeBlock = 4 << 20;

    /// <summary>
    /// Keeps the heap of a process that lives for long from growing: by default glibc makes eight arenas per core, each
    /// of which keeps the holes that models and images leave behind, and begins to put large blocks into them, too.
    /// What the environment sets with glibc's own variables stays. Call it first, before there are threads.
    /// </summary>
    public static void Bound()
    {
        if (!OperatingSystem.IsLinux())
            return;

        try
        {
            if (Environment.GetEnvironmentVariable("MALLOC_ARENA_MAX") is null)
                _ = Mallopt(ArenaMax, Environment.ProcessorCount);
            if (Environment.GetEnvironmentVariable("MALLOC_MMAP_THRESHOLD_") is null)
                _ = Mallopt(MmapThreshold, LargeBlock);
        }
        catch (EntryPointNotFoundException)
        {
            // musl, which has one heap
        }
    }

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

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Mallopt(int parameter, int value);
}
