using ClipGrpc.Server.Models;

namespace ClipGrpc.Server.Inference;

/// <summary>Encoders that ONNX Runtime runs.</summary>
internal sealed class OnnxEncoderFactory : IEncoderFactory
{
    public IEncoder<ReadOnlyMemory<byte>> CreateImage(ClipConfig config, IWeights weights, InferenceOptions options) =>
        ClipEncoders.CreateImage(config, weights, options);

    public IEncoder<ReadOnlyMemory<int>> CreateText(ClipConfig config, IWeights weights, InferenceOptions options) =>
        ClipEncoders.CreateText(config, weights, options);
}
