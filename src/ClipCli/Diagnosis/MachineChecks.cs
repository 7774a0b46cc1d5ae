using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Cli.Diagnosis;

/// <summary>What this machine has for models. The server's machine may be another one.</summary>
internal static class MachineChecks
{
    public static IReadOnlyList<Finding> Run() => [CheckProcessor(), CheckGpu()];

    private static Finding CheckProcessor()
    {
        const string name = "processor";
        var vectors = Avx512F.IsSupported ? "AVX-512, " : Avx2.IsSupported ? "AVX2, " : "";
        var detail = $"{RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} logical cores, "
            + $"{vectors}{ProcessorFeatures.Describe()}";
        return X86Base.IsSupported && !Avx2.IsSupported
            ? Finding.Warn(name, detail, "Models are slow without AVX2. A virtual machine may not expose it.")
            : Finding.Ok(name, detail);
    }

    private static Finding CheckGpu()
    {
        const string name = "NVIDIA GPU";
        if (!HasDriver())
            return Finding.Ok(name, "no NVIDIA driver on this machine; models run on the CPU");

        try
        {
            return Finding.Ok(name, $"{CudaDriver.NameOf(0)}; servers use it with --device cuda");
        }
        catch (ClipException exception)
        {
            return Finding.Warn(
                name,
                $"the driver has no usable device: {exception.Message}",
                "Check with nvidia-smi. A container needs access to the GPU (docker run --gpus all).");
        }
    }

    private static bool HasDriver()
    {
        var library = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        if (!NativeLibrary.TryLoad(library, out var handle))
            return false;

        NativeLibrary.Free(handle);
        return true;
    }
}
