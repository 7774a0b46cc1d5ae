using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.LoadTest.Reports;

/// <summary>What the server says of itself, of OK calls. Times in milliseconds.</summary>
/// <param name="MeanBatch">Of batches, not of items.</param>
internal sealed record ServerFigures(
    Quantiles QueueMs, Quantiles PreprocessMs, Quantiles InferenceMs, double MeanBatch, int LargestBatch)
{
    public static ServerFigures Of(LoadResult result) => new(
        Quantiles.Of(result.Queue), Quantiles.Of(result.Preprocess), Quantiles.Of(result.Inference), result.MeanBatch,
        result.LargestBatch);
}
