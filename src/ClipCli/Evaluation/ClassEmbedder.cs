using System.Numerics.Tensors;
using System.Security.Cryptography;
using System.Text;
using ClipGrpc.Cli.Embeddings;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>
/// Class embeddings as the server's label sets have them: the normalised mean of the normalised sentence embeddings, a
/// sentence for each label of the class in each template.
/// </summary>
internal sealed class ClassEmbedder(CliConsole console, EmbeddingService service, EmbeddingStore store)
{
    /// <returns>[classes, dimensions].</returns>
    /// <exception cref="CliException">A sentence could not be embedded: without it there is no result.</exception>
    public async Task<float[]> EmbedAsync(
        IReadOnlyList<EvaluationClass> classes, TemplateList templates, CancellationToken cancellationToken)
    {
        var embeddings = new float[classes.Count * service.Dimensions];
        Memory<float> RowOf(int item) => embeddings.AsMemory(item * service.Dimensions, service.Dimensions);

        var missing = new Queue<(EmbeddingKey Key, Memory<float> Row, int Left)>();
        var sentences = new List<CliInput>();
        for (var i = 0; i < classes.Count; i++)
        {
            var texts = templates.SentencesOf(classes[i]).ToArray();
            var key = KeyOf(texts);
            if (store.TryRead(key, RowOf(i).Span))
                continue;
            missing.Enqueue((key, RowOf(i), texts.Length));
            sentences.AddRange(texts.Select(CliInput.Text));
        }

        if (sentences.Count > 0)
        {
            await console.Error.WriteLineAsync(
                $"Embedding {sentences.Count} sentences of {missing.Count} classes.");
        }

        var current = default((EmbeddingKey Key, Memory<float> Row, int Left));
        var run = new ItemRun<ClipEmbedding>(console, sentences, wholeLines: false);
        await run.RunAsync(
            results: inputs => service.EmbedAsync(inputs, cancellationToken),
            write: (_, input, result) =>
            {
                if (current.Left == 0)
                    current = missing.Dequeue();
                if (result.Error is { } error)
                    throw new CliException(ExitCode.Failure, $"'{input.Name}' cannot be embedded: {error.Message}");
                Add(result.Value.Vector.Span, current.Row.Span);
                if (--current.Left == 0)
                    Finish(current.Key, current.Row.Span);
            });
        return embeddings;
    }

    private static EmbeddingKey KeyOf(string[] sentences)
    {
        // No sentence holds a line break: they come from lines and from labels without control characters.
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', sentences)));
        return new EmbeddingKey($"class:{Convert.ToHexStringLower(hash)}");
    }

    private static void Add(ReadOnlySpan<float> sentence, Span<float> row)
    {
        var norm = TensorPrimitives.Norm(sentence);
        if (norm > 0)
            TensorPrimitives.MultiplyAdd(sentence, 1 / norm, row, row);
    }

    private void Finish(EmbeddingKey key, Span<float> row)
    {
        UnitVector.Normalize(row);
        store.Append(key, row);
    }
}
