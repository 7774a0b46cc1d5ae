using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>Encoders with room for any batch that these tests make.</summary>
internal static class TestEncoders
{
    private const int MaxBatchSize = 64;

    public static OnnxImageEncoder CreateImage(
        ClipConfig config, IWeights weights, InferenceOptions? options = null) =>
        ClipEncoders.CreateImage(config, weights, options ?? new InferenceOptions(), MaxBatchSize);

    public static OnnxTextEncoder CreateText(ClipConfig config, IWeights weights, InferenceOptions? options = null) =>
        ClipEncoders.CreateText(config, weights, options ?? new InferenceOptions(), MaxBatchSize);
}
