using ClipGrpc.Cli.Embeddings;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>Puts every image on the scoreboard: from the store where it is there, or else from the service.</summary>
internal sealed class ImageEvaluator(
    CliConsole console, EmbeddingService service, EmbeddingStore store, Scoreboard scores)
{
    private readonly List<(string Name, string Message)> _errors = [];

    /// <summary>Images that were in the store.</summary>
    public int Reused { get; private set; }

    public IReadOnlyList<(string Name, string Message)> Errors => _errors;

    /// <returns>The exit code: failure where an image could not be embedded.</returns>
    public async Task<int> RunAsync(IReadOnlyList<EvaluationImage> images, CancellationToken cancellationToken)
    {
        var missing = AddStored(images);
        if (Reused > 0)
            await console.Error.WriteLineAsync($"{Reused} of {images.Count} images were embedded in an earlier run.");

        var next = 0;
        var run = new ItemRun<ClipEmbedding>(console, [.. missing.Select(image => image.Input)], wholeLines: false);
        return await run.RunAsync(
            results: inputs => service.EmbedAsync(inputs, cancellationToken),
            write: (_, _, result) => Add(missing[next++], result));
    }

    private List<EvaluationImage> AddStored(IReadOnlyList<EvaluationImage> images)
    {
        var missing = new List<EvaluationImage>();
        var vector = new float[service.Dimensions];
        foreach (var image in images)
        {
            if (image.Input.Problem is null && store.TryRead(image.Key, vector))
                scores.Add(image.Class, vector);
            else
                missing.Add(image);
        }

        Reused = images.Count - missing.Count;
        return missing;
    }

    private void Add(EvaluationImage image, ClipResult<ClipEmbedding> result)
    {
        if (result.Error is { } error)
        {
            _errors.Add((image.Key.Name, error.Message));
            return;
        }

        store.Append(image.Key, result.Value.Vector.Span);
        scores.Add(image.Class, result.Value.Vector.Span);
    }
}
