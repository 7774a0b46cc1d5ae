using ClipGrpc.Cli.Output;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>Puts every picture on the scoreboard: from the store where it is there, or else from the service.</summary>
internal sealed class PictureEvaluator(
    CliConsole console, EmbeddingService service, EmbeddingStore store, Scoreboard scores)
{
    private readonly List<(string Name, string Message)> _errors = [];

    /// <summary>Pictures that were in the store.</summary>
    public int Reused { get; private set; }

    public IReadOnlyList<(string Name, string Message)> Errors => _errors;

    /// <returns>The exit code: failure where a picture could not be embedded.</returns>
    public async Task<int> RunAsync(IReadOnlyList<EvaluationPicture> pictures, CancellationToken cancellationToken)
    {
        var missing = AddStored(pictures);
        if (Reused > 0)
            await console.Error.WriteLineAsync($"{Reused} of {pictures.Count} pictures are there from an earlier run.");

        var next = 0;
        var run = new ItemRun<ClipEmbedding>(console, [.. missing.Select(picture => picture.Input)], wholeLines: false);
        return await run.RunAsync(
            results: inputs => service.EmbedAsync(inputs, cancellationToken),
            write: (_, _, result) => Add(missing[next++], result));
    }

    private List<EvaluationPicture> AddStored(IReadOnlyList<EvaluationPicture> pictures)
    {
        var missing = new List<EvaluationPicture>();
        var vector = new float[service.Dimensions];
        foreach (var picture in pictures)
        {
            if (picture.Input.Problem is null && store.TryRead(picture.Key, vector))
                scores.Add(picture.Class, vector);
            else
                missing.Add(picture);
        }

        Reused = pictures.Count - missing.Count;
        return missing;
    }

    private void Add(EvaluationPicture picture, ClipResult<ClipEmbedding> result)
    {
        if (result.Error is { } error)
        {
            _errors.Add((picture.Key.Name, error.Message));
            return;
        }

        store.Append(picture.Key, result.Value.Vector.Span);
        scores.Add(picture.Class, result.Value.Vector.Span);
    }
}
