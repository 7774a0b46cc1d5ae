using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>
/// The matrix products of patches and blocks, where nearly all time goes: the one place that a precision changes.
/// </summary>
internal abstract class LinearLayers(GraphBuilder graph, TowerWeights weights)
{
    protected GraphBuilder Graph { get; } = graph;

    protected TowerWeights Weights { get; } = weights;

    /// <summary>Whether a product adds its bias on its way, so that nothing is gained by adding it later.</summary>
    public abstract bool AddsBias { get; }

    /// <summary>input · weightᵀ + bias, for a weight of [outputs, inputs].</summary>
    /// <param name="bias">A value of [outputs]; null: none.</param>
    public abstract string Project(string input, string weight, string? bias, int inputs, int outputs);

    /// <summary>Bytes of patches [..., inputs] · kernelᵀ, without the kernel's bias.</summary>
    /// <param name="weight">The kernel's name.</param>
    public abstract string ProjectPixels(string bytes, string weight, PatchKernel kernel);

    /// <summary>Query, key and value (each [..., width]) from the stacked in-projection, without bias.</summary>
    public abstract (string Query, string Key, string Value) ProjectQueryKeyValue(
        string input, string weight, int width);

    /// <summary>One third of the stacked in-projection [3 · width, width]: 0 query, 1 key, 2 value.</summary>
    public string InProjection(string weight, int third, int width, params ReadOnlySpan<long> shape) =>
        Graph.Matrix($"{weight}[{third}]", Weights.GetPart(weight, third, 3, width, width), shape);

    /// <summary>What the values between the products are.</summary>
    public static TensorElementType ElementType(Precision precision) =>
        precision == Precision.Fp16 ? TensorElementType.Float16 : TensorElementType.Float;

    public static int LargestInlineBytes(Precision precision) =>
        precision == Precision.Fp16 ? int.MaxValue : GraphBuilder.SmallConstants;

    public static LinearLayers Create(Precision precision, GraphBuilder graph, TowerWeights weights) =>
        precision switch
        {
            Precision.Fp32 or Precision.Fp16 or Precision.Bf16 => new FloatLinearLayers(graph, weights),
            Precision.Int8 => new ByteLinearLayers(graph, weights),
            _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Unknown precision."),
        };
}
