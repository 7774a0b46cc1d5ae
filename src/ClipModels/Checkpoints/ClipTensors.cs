using System.Collections.Immutable;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Checkpoints;

/// <summary>The learnt tensors of an architecture: OpenCLIP names and shapes.</summary>
internal static class ClipTensors
{
    public const string LogitScale = "logit_scale";
    public const string VisualProjection = "visual.proj";
    public const string TextProjection = "text_projection";

    /// <summary>Every tensor that a checkpoint of this architecture has, in the order of the computation.</summary>
    public static IReadOnlyList<TensorShape> Of(ClipConfig config)
    {
        long vision = config.Vision.Width;
        long text = config.Text.Width;
        long embedding = config.EmbeddingDimensions;
        return
        [
            Tensor("visual.class_embedding", vision),
            Tensor("visual.positional_embedding", config.Patches + 1, vision),
            Tensor("visual.conv1.weight", vision, 3, config.PatchSize, config.PatchSize),
            .. LayerNorm("visual.ln_pre", vision),
            .. Tower("visual.transformer", config.Vision),
            .. LayerNorm("visual.ln_post", vision),
            Tensor(VisualProjection, vision, embedding),
            Tensor("token_embedding.weight", config.VocabularySize, text),
            Tensor("positional_embedding", config.ContextLength, text),
            .. Tower("transformer", config.Text),
            .. LayerNorm("ln_final", text),
            Tensor(TextProjection, text, embedding),
            Tensor(LogitScale),
        ];
    }

    private static IEnumerable<TensorShape> Tower(string name, TowerConfig tower) =>
        Enumerable.Range(0, tower.Layers).SelectMany(layer => Block($"{name}.resblocks.{layer}", tower));

    private static IEnumerable<TensorShape> Block(string name, TowerConfig tower) =>
    [
        .. LayerNorm(name + ".ln_1", tower.Width),
        Tensor(name + ".attn.in_proj_weight", 3 * tower.Width, tower.Width),
        Tensor(name + ".attn.in_proj_bias", 3 * tower.Width),
        .. Linear(name + ".attn.out_proj", tower.Width, tower.Width),
        .. LayerNorm(name + ".ln_2", tower.Width),
        .. Linear(name + ".mlp.c_fc", tower.MlpWidth, tower.Width),
        .. Linear(name + ".mlp.c_proj", tower.Width, tower.MlpWidth),
    ];

    private static IEnumerable<TensorShape> Linear(string name, long outputs, long inputs) =>
        [Tensor(name + ".weight", outputs, inputs), Tensor(name + ".bias", outputs)];

    private static IEnumerable<TensorShape> LayerNorm(string name, long width) =>
        [Tensor(name + ".weight", width), Tensor(name + ".bias", width)];

    private static TensorShape Tensor(string name, params long[] shape) => new(name, ImmutableArray.Create(shape));
}
