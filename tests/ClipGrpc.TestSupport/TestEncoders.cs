using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>Encoders, by default with room for any batch that these tests make.</summary>
internal static class TestEncoders
{
    private const int LargestBatch = 64;

    public static OnnxImageEncoder CreateImage(
        ClipConfig config, IWeights weights, InferenceOptions? options = null, int maxBatchSize = LargestBatch) =>
        new(config, ClipEncoders.LoadImage(config, weights, options ??= new InferenceOptions()), maxBatchSize);

    public static OnnxTextEncoder CreateText(
        ClipConfig config, IWeights weights, InferenceOptions? options = null, int maxBatchSize = LargestBatch) =>
        new(config, ClipEncoders.LoadText(config, weights, options ??= new InferenceOptions()), options, maxBatchSize);
}
