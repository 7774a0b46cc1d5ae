namespace ClipGrpc.Models.Sessions;

/// <summary>Which of the runtime's ways to a device is used.</summary>
internal enum DeviceKind
{
    /// <summary>The processor, by the runtime's own kernels.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU; needs a build with the CUDA provider.</summary>
    Cuda,

    /// <summary>A device of a plug-in execution provider: a library that the runtime loads.</summary>
    Plugin,
}
