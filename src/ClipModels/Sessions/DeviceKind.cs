namespace ClipGrpc.Models.Sessions;

/// <summary>Where the towers run.</summary>
internal enum DeviceKind
{
    Cpu,

    /// <summary>An NVIDIA GPU; needs a build with the CUDA provider.</summary>
    Cuda,
}
