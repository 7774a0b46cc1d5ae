namespace ClipGrpc.Serving.Labels;

/// <summary>Embedded labels.</summary>
/// <param name="ModelIdentity">The weights and precision that embedded them.</param>
/// <param name="Embeddings">labels × dimensions, each row of L2 norm 1.</param>
internal sealed record LabelSet(
    string Id, string ModelIdentity, LabelSetDefinition Definition, float[] Embeddings, int Dimensions)
{
    /// <summary>How many sentences had more tokens than the model's context, and were truncated.</summary>
    public int TruncatedSentences { get; init; }

    /// <summary>The first of those sentences.</summary>
    public int FirstTruncatedSentence { get; init; }

    public ReadOnlySpan<float> Row(int index) => Embeddings.AsSpan(index * Dimensions, Dimensions);

    /// <summary>What it takes of memory, near enough to keep a store within its limit.</summary>
    public long Bytes { get; } = (long)Embeddings.Length * sizeof(float)
        + Definition.Labels.Concat(Definition.Templates).Sum(text => 2L * text.Length + 32);
}
