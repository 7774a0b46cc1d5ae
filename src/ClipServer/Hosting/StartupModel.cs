namespace ClipGrpc.Server.Hosting;

/// <summary>A line of the start-up screen.</summary>
/// <param name="Name">What callers name it by.</param>
/// <param name="Dimensions">Elements of an embedding.</param>
/// <param name="ImageSize">Pixels of a side.</param>
/// <param name="Provider">The execution provider in use: CPU, CUDA, or a plug-in's.</param>
/// <param name="Device">The device in use: cpu, cuda:0, or a plug-in's.</param>
/// <param name="Precision">fp32, fp16, bf16 or int8.</param>
/// <param name="State">Such as ready.</param>
internal sealed record StartupModel(
    string Name, int Dimensions, int ImageSize, string Provider, string Device, string Precision, string State);
