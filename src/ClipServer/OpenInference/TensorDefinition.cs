namespace ClipGrpc.Server.OpenInference;

/// <summary>A tensor that every model takes or gives.</summary>
/// <param name="Datatypes">The first is the one that metadata have.</param>
/// <param name="Shape">
/// -1: of any size. Lists have a second dimension for clients that fill in shapes themselves: they take the first to be
/// that of the batch and need another; requests may leave it out.
/// </param>
internal sealed record TensorDefinition(string Name, Datatype[] Datatypes, int[] Shape)
{
    /// <summary>Encoded image files.</summary>
    public static TensorDefinition Images { get; } = new("images", [Datatype.Bytes], [-1, 1]);

    /// <summary>Pixels, RGB.</summary>
    public static TensorDefinition Frames { get; } = new("frames", [Datatype.Uint8], [-1, -1, -1, 3]);

    public static TensorDefinition Texts { get; } = new("texts", [Datatype.Bytes], [-1, 1]);

    /// <summary>Texts as tokens, each row with padding after its end token.</summary>
    public static TensorDefinition InputIds { get; } = new("input_ids", [Datatype.Int64, Datatype.Int32], [-1, -1]);

    public static TensorDefinition Labels { get; } = new("labels", [Datatype.Bytes], [-1, 1]);

    public static TensorDefinition Templates { get; } = new("templates", [Datatype.Bytes], [-1, 1]);

    /// <summary>Comes with <see cref="InputIds"/> and has nothing that the end token does not say.</summary>
    public static TensorDefinition AttentionMask { get; } =
        new("attention_mask", [Datatype.Int64, Datatype.Int32], [-1, -1]);

    /// <summary>In the order of metadata.</summary>
    public static IReadOnlyList<TensorDefinition> Inputs { get; } =
        [Images, Frames, Texts, InputIds, Labels, Templates];

    /// <summary>Null: there is no such input.</summary>
    public static TensorDefinition? FindInput(string name) => name switch
    {
        // LiteLLM's provider for Triton names it so.
        "input_text" => Texts,
        "attention_mask" => AttentionMask,
        _ => Inputs.FirstOrDefault(input => input.Name == name),
    };
}
