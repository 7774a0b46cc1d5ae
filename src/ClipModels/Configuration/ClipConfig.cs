using System.Numerics.Tensors;
using ClipGrpc.Imaging.Resizing;

namespace ClipGrpc.Models.Configuration;

/// <summary>The architecture of a CLIP checkpoint and how its images are prepared.</summary>
internal sealed record ClipConfig
{
    public required int EmbeddingDimensions { get; init; }

    public required int PatchSize { get; init; }

    public required TowerConfig Vision { get; init; }

    /// <summary>Tokens of the longest text, start and end token included.</summary>
    public required int ContextLength { get; init; }

    public required int VocabularySize { get; init; }

    public required TowerConfig Text { get; init; }

    /// <summary>
    /// The token at whose first place a text's embedding is taken; null: at the first place of the text's largest id,
    /// which in CLIP's vocabulary is the end token.
    /// </summary>
    public int? EndToken { get; init; }

    public required Activation Activation { get; init; }

    public required float LayerNormEpsilon { get; init; }

    public required ImageTransform Image { get; init; }

    /// <summary>Per channel (RGB), of pixels scaled to 0..1.</summary>
    public required float[] Mean { get; init; }

    /// <summary>Per channel (RGB), of pixels scaled to 0..1.</summary>
    public required float[] StandardDeviation { get; init; }

    /// <summary>Patches of an image: (image size / patch size)².</summary>
    public int Patches => Image.Size / PatchSize * (Image.Size / PatchSize);

    /// <summary>The place in a text at which its embedding is taken. What follows has no influence on it.</summary>
    /// <returns>Negative: the text lacks the end token.</returns>
    public int PoolingIndex(ReadOnlySpan<int> ids) =>
        EndToken is { } end ? ids.IndexOf(end) : TensorPrimitives.IndexOfMax(ids);
}
