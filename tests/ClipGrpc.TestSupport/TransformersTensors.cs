using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>
/// Turns a tensor of an OpenCLIP name into those that transformers writes, by replacing parts of the name.
/// </summary>
internal static class TransformersTensors
{
    private static readonly (string From, string To)[] Replacements =
    [
        ("visual.transformer.resblocks.", "vision_model.encoder.layers."),
        ("visual.class_embedding", "vision_model.embeddings.class_embedding"),
        ("visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"),
        ("visual.conv1", "vision_model.embeddings.patch_embedding"),
        ("visual.ln_pre", "vision_model.pre_layrnorm"),
        ("visual.ln_post", "vision_model.post_layernorm"),
        ("transformer.resblocks.", "text_model.encoder.layers."),
        ("token_embedding", "text_model.embeddings.token_embedding"),
        ("ln_final", "text_model.final_layer_norm"),
        (".attn.", ".self_attn."),
        (".ln_1.", ".layer_norm1."),
        (".ln_2.", ".layer_norm2."),
        (".c_fc.", ".fc1."),
        (".c_proj.", ".fc2."),
    ];

    public static IEnumerable<TestTensor> Of(string name, long[] shape, float[] values, TensorType type) =>
        Parts(name, shape).Select(part => TestTensor.Of(part.Name, type, part.Shape, part.Take(values)));

    /// <summary>The tensors that one becomes, and how each is taken from its values.</summary>
    public static IEnumerable<(string Name, long[] Shape, Func<float[], float[]> Take)> Parts(string name, long[] shape)
    {
        if (name is "visual.proj" or "text_projection")
        {
            var target = name == "visual.proj" ? "visual_projection.weight" : "text_projection.weight";
            return [(target, [shape[1], shape[0]], values => Transpose(values, shape))];
        }

        if (name == "positional_embedding")
            return [("text_model.embeddings.position_embedding.weight", shape, values => values)];

        var renamed = Replacements.Aggregate(
            name, (current, pair) => current.Replace(pair.From, pair.To, StringComparison.Ordinal));
        return renamed.Contains("in_proj_", StringComparison.Ordinal)
            ? Split(renamed, [shape[0] / 3, .. shape[1..]])
            : [(renamed, shape, values => values)];
    }

    private static IEnumerable<(string Name, long[] Shape, Func<float[], float[]> Take)> Split(
        string name, long[] shape) =>
        "qkv".Select((letter, i) => (
            name.Replace("in_proj_", $"{letter}_proj.", StringComparison.Ordinal),
            shape,
            new Func<float[], float[]>(values =>
                values.AsSpan(i * (values.Length / 3), values.Length / 3).ToArray())));

    private static float[] Transpose(float[] values, long[] shape)
    {
        var transposed = new float[values.Length];
        for (var i = 0; i < values.Length; i++)
            transposed[(i % shape[1] * shape[0]) + (i / shape[1])] = values[i];
        return transposed;
    }
}
