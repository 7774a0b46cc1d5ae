using ClipGrpc.Server.Models;

namespace ClipGrpc.Server.Inference;

/// <summary>Makes the encoders of a checkpoint's two towers. Slow and synchronous; called again after a failure.</summary>
internal interface IEncoderFactory
{
    /// <exception cref="ClipException">The weights do not fit, the device is missing, or the runtime refuses.</exception>
    IEncoder<ReadOnlyMemory<byte>> CreateImage(ClipConfig config, IWeights weights, InferenceOptions options);

    /// <exception cref="ClipException">As for <see cref="CreateImage"/>.</exception>
    IEncoder<ReadOnlyMemory<int>> CreateText(ClipConfig config, IWeights weights, InferenceOptions options);
}
