using System.Numerics.Tensors;
using ClipGrpc.LoadTest.Graphs;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.Models;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Graphs;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>
/// What the server's own graph brings: against a plain export of the same weights in fp32, by the same runtime with the
/// same options and threads in one process. The runtime optimises both as much as it can (ORT_ENABLE_ALL).
/// </summary>
internal sealed class GraphComparison(ComparisonContext context, string name, Precision precision, double least)
    : Comparison(context)
{
    private const int Batch = 8;

    private ClipCheckpoint? _checkpoint;
    private GraphRunner? _built;
    private GraphRunner? _plain;
    private double _cosine;

    public override ComparisonGoal Goal { get; } = new(
        name,
        $"images/s of the server's {precision.ToString().ToLowerInvariant()} graph ÷ of a plain fp32 export, batch {Batch}",
        "built_items_per_second", "plain_items_per_second", Least: least);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var options = ModelSettings.Inference(Context.Settings);
        var folder = await ModelSettings.LocateAsync(Context.Model, precision, Context.Time, cancellationToken);
        _checkpoint = ClipCheckpoint.Open(folder);
        var config = _checkpoint.Config;
        _built = new GraphRunner(
            ImageTowerGraph.Build(config, _checkpoint.Weights, precision), config, options.With(precision), Context.Time);
        _plain = new GraphRunner(
            FormGraphs.Image(config, _checkpoint.Weights, GraphForm.Export), config, options.With(Precision.Fp32),
            Context.Time);
        _built.UseImages(Batch, floats: false);
        _plain.UseImages(Batch, floats: true);
        _cosine = LowestCosine(_built.Run(), _plain.Run(), config.EmbeddingDimensions);
    }

    public override Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var plain = _plain!.BatchTime(Context.Duration, cancellationToken);
        var built = _built!.BatchTime(Context.Duration, cancellationToken);
        var notes = new Dictionary<string, object> { ["lowest_cosine"] = _cosine };
        return Task.FromResult(new Round(Batch / built.TotalSeconds, Batch / plain.TotalSeconds, notes));
    }

    public override async ValueTask DisposeAsync()
    {
        _built?.Dispose();
        _plain?.Dispose();
        _checkpoint?.Dispose();
        await base.DisposeAsync();
    }

    private static double LowestCosine(float[] some, float[] others, int dimensions) => some.Chunk(dimensions)
        .Zip(others.Chunk(dimensions), (one, other) => (double)TensorPrimitives.CosineSimilarity<float>(one, other)).Min();
}
