namespace ClipGrpc.Models.Checkpoints;

/// <summary>Names of tensors in the files of both layouts.</summary>
internal static class TensorNames
{
    /// <summary>Buffers of the authors' code that hold nothing learnt.</summary>
    public static bool IsBuffer(string name) =>
        name is "attn_mask" or "input_resolution" or "context_length" or "vocab_size"
        || name.EndsWith(".position_ids", StringComparison.Ordinal);

    /// <summary>Told by the names; null where they are of neither layout.</summary>
    public static CheckpointLayout? DetectLayout(IReadOnlyCollection<string> names)
    {
        if (AnyStartsWith(names, "vision_model.") || AnyStartsWith(names, "text_model."))
            return CheckpointLayout.Transformers;
        return AnyStartsWith(names, "visual.") ? CheckpointLayout.OpenClip : null;
    }

    public static bool HaveBothTowers(IReadOnlyCollection<string> names) => DetectLayout(names) switch
    {
        CheckpointLayout.OpenClip => names.Contains("token_embedding.weight"),
        CheckpointLayout.Transformers => AnyStartsWith(names, "vision_model.") && AnyStartsWith(names, "text_model."),
        _ => false,
    };

    /// <summary>What makes the tensor of an OpenCLIP name.</summary>
    public static TensorMapping Map(string name, CheckpointLayout layout) =>
        layout == CheckpointLayout.OpenClip ? Single(name) : MapToTransformers(name);

    private static bool AnyStartsWith(IEnumerable<string> names, string prefix) =>
        names.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));

    private static TensorMapping MapToTransformers(string name) => name switch
    {
        ClipTensors.LogitScale => Single(name),
        ClipTensors.VisualProjection => new TensorMapping(["visual_projection.weight"], IsTransposed: true),
        ClipTensors.TextProjection => new TensorMapping(["text_projection.weight"], IsTransposed: true),
        "visual.class_embedding" => Single("vision_model.embeddings.class_embedding"),
        "visual.positional_embedding" => Single("vision_model.embeddings.position_embedding.weight"),
        "visual.conv1.weight" => Single("vision_model.embeddings.patch_embedding.weight"),
        "token_embedding.weight" => Single("text_model.embeddings.token_embedding.weight"),
        "positional_embedding" => Single("text_model.embeddings.position_embedding.weight"),
        _ => MapNormOrBlock(name.Split('.')),
    };

    private static TensorMapping MapNormOrBlock(string[] parts) => parts switch
    {
        // transformers writes the name of the first norm this way.
        ["visual", "ln_pre", var kind] => Single("vision_model.pre_layrnorm." + kind),
        ["visual", "ln_post", var kind] => Single("vision_model.post_layernorm." + kind),
        ["ln_final", var kind] => Single("text_model.final_layer_norm." + kind),
        ["visual", "transformer", "resblocks", var layer, .. var rest] =>
            MapBlock("vision_model.encoder.layers." + layer, rest),
        ["transformer", "resblocks", var layer, .. var rest] => MapBlock("text_model.encoder.layers." + layer, rest),
        _ => throw new ArgumentException($"{string.Join('.', parts)} is not a tensor of CLIP.", nameof(parts)),
    };

    private static TensorMapping MapBlock(string block, string[] rest) => rest switch
    {
        ["attn", "in_proj_weight"] => QueryKeyValue(block, "weight"),
        ["attn", "in_proj_bias"] => QueryKeyValue(block, "bias"),
        ["attn", "out_proj", var kind] => Single($"{block}.self_attn.out_proj.{kind}"),
        ["ln_1", var kind] => Single($"{block}.layer_norm1.{kind}"),
        ["ln_2", var kind] => Single($"{block}.layer_norm2.{kind}"),
        ["mlp", "c_fc", var kind] => Single($"{block}.mlp.fc1.{kind}"),
        ["mlp", "c_proj", var kind] => Single($"{block}.mlp.fc2.{kind}"),
        _ => throw new ArgumentException($"{string.Join('.', rest)} is not a tensor of a block.", nameof(rest)),
    };

    private static TensorMapping Single(string name) => new([name], IsTransposed: false);

    private static TensorMapping QueryKeyValue(string block, string kind) => new(
        [$"{block}.self_attn.q_proj.{kind}", $"{block}.self_attn.k_proj.{kind}", $"{block}.self_attn.v_proj.{kind}"],
        IsTransposed: false);
}
