using ClipGrpc.LoadTest.Serving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>A comparison that needs one server with the model.</summary>
/// <param name="modelNames">Names of the model; none means <see cref="Comparison.ModelName"/>.</param>
internal abstract class ServedComparison(ComparisonContext context, params string[] modelNames) : Comparison(context)
{
    protected const int ManyCallers = 32;

    private ServedModel? _served;

    protected ServedModel Served => _served ?? throw new InvalidOperationException("PrepareAsync has not run.");

    public override async Task PrepareAsync(CancellationToken cancellationToken) =>
        _served = await StartAsync(ServerKind.Model, cancellationToken, modelNames);
}
