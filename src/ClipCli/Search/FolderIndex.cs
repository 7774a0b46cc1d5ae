using System.Numerics.Tensors;
using ClipGrpc.Cli.Embeddings;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Search;

/// <summary>
/// The embeddings of a folder's images: those that are new or have changed are embedded, others are not.
/// </summary>
internal sealed class FolderIndex(
    CliConsole console, EmbeddingService service, EmbeddingStore store, FolderImages folder)
{
    /// <summary>Embeds what the store does not have.</summary>
    /// <returns>The exit code: failure where an image could not be embedded.</returns>
    public async Task<int> UpdateAsync(CancellationToken cancellationToken)
    {
        foreach (var problem in folder.Problems)
            await console.Error.WriteLineAsync($"clip: {problem.Name}: {problem.Problem!.Message}");

        var exitCode = folder.Problems.Count == 0 ? ExitCode.Success : ExitCode.Failure;
        var vector = new float[service.Dimensions];
        var missing = folder.Images.Where(image => !store.TryRead(image.Key, vector)).ToList();
        if (missing.Count == 0)
            return exitCode;

        await console.Error.WriteLineAsync(
            $"Embedding {missing.Count} images that are new or have changed, of {folder.Images.Count}.");
        var next = 0;
        var run = new ItemRun<ClipEmbedding>(console, [.. missing.Select(image => image.Input)], wholeLines: false);
        var embedded = await run.RunAsync(
            results: inputs => service.EmbedAsync(inputs, cancellationToken),
            write: (_, _, result) =>
            {
                var key = missing[next++].Key;
                if (result.IsSuccess)
                    store.Append(key, result.Value.Vector.Span);
            });
        return Math.Max(exitCode, embedded);
    }

    /// <summary>The images that are most similar to a query, and how many were compared.</summary>
    public (IReadOnlyList<SearchHit> Hits, int Images) Find(ReadOnlySpan<float> query, int top)
    {
        var best = new PriorityQueue<IndexedImage, (float Cosine, int Place)>();
        var vector = new float[service.Dimensions];
        var images = 0;
        for (var i = 0; i < folder.Images.Count; i++)
        {
            if (!store.TryRead(folder.Images[i].Key, vector))
                continue;

            // Of two that are equally similar, the first by path stays.
            best.Enqueue(folder.Images[i], (TensorPrimitives.CosineSimilarity(query, vector), -i));
            if (++images > top)
                best.Dequeue();
        }

        var hits = new List<SearchHit>(best.Count);
        while (best.TryDequeue(out var image, out var rank))
            hits.Add(new SearchHit(image.Input.Name, rank.Cosine));
        hits.Reverse();
        return (hits, images);
    }
}
