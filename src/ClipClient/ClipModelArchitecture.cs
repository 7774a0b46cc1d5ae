using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>The architecture of a model.</summary>
public sealed record ClipModelArchitecture
{
    /// <summary>Number of elements of an embedding.</summary>
    public int EmbeddingDimensions { get; init; }

    /// <summary>Side of the model's input image, in pixels.</summary>
    public int ImageSize { get; init; }

    /// <summary>Side of an image patch, in pixels.</summary>
    public int PatchSize { get; init; }

    /// <summary>Maximum number of tokens of a text, including the start and end tokens.</summary>
    public int ContextLength { get; init; }

    /// <summary>Number of rows of the token embedding.</summary>
    public int VocabularySize { get; init; }

    /// <summary>The transformer of images.</summary>
    public ClipTower Vision { get; init; }

    /// <summary>The transformer of texts.</summary>
    public ClipTower Text { get; init; }

    /// <summary><c>gelu</c> or <c>quick_gelu</c>.</summary>
    public string Activation { get; init; } = "";

    /// <summary>Number of trained parameters of both towers.</summary>
    public long Parameters { get; init; }

    internal static ClipModelArchitecture From(V1.Architecture architecture) => new()
    {
        EmbeddingDimensions = WireNumbers.Int(architecture.EmbeddingDimensions),
        ImageSize = WireNumbers.Int(architecture.ImageSize),
        PatchSize = WireNumbers.Int(architecture.PatchSize),
        ContextLength = WireNumbers.Int(architecture.ContextLength),
        VocabularySize = WireNumbers.Int(architecture.VocabularySize),
        Vision = ClipTower.From(architecture.Vision),
        Text = ClipTower.From(architecture.Text),
        Activation = architecture.Activation,
        Parameters = WireNumbers.Long(architecture.Parameters),
    };
}
