using System.Runtime.InteropServices;
using ClipGrpc.Models.Graphs;
using ClipGrpc.Models.Graphs.Onnx;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.LoadTest.Graphs;

/// <summary>Products with weights [outputs, inputs], in the form asked for.</summary>
internal sealed class FormProducts(GraphBuilder graph, TowerWeights weights, GraphForm form)
{
    private const int FullRange = 127;
    private const int ReducedRange = 63;

    /// <param name="bias">A value of [outputs]; null: none.</param>
    public string Project(string input, string weight, string? bias, int inputs, int outputs) =>
        form.IsInt8
            ? Bytes(input, Quantize(weight, weights.Get(weight, outputs, inputs), inputs, outputs), bias)
            : Multiply(input, weight, weights.Get(weight, outputs, inputs), bias, inputs, outputs);

    /// <summary>Query, key and value.</summary>
    /// <param name="bias">Name of the biases [3 · width]; null: none are added.</param>
    public string[] ProjectThree(string input, string weight, string? bias, int width)
    {
        if (form.StackedProjection)
        {
            var biases = bias is null ? null : graph.Weight(bias, weights.Get(bias, 3 * width), 3 * width);
            var stacked = Project(input, weight, biases, width, 3 * width);
            return graph.Add("Split", "", [stacked], [0, 1, 2], [NodeAttribute.Int("axis", -1)]);
        }

        string? Bias(int third) => bias is null
            ? null
            : graph.Weight($"{bias}[{third}]", weights.GetPart(bias, third, 3, width), width);

        if (form.Product == ProductForm.BytesShared)
        {
            var quantized = QuantizeInput(input);
            return [.. Thirds(third => BytesOf(quantized, QuantizeThird(weight, third, width), Bias(third)))];
        }

        return [.. Thirds(third => form.IsInt8
            ? Bytes(input, QuantizeThird(weight, third, width), Bias(third))
            : Multiply(
                input, $"{weight}[{third}]", weights.GetPart(weight, third, 3, width, width), Bias(third), width, width))];
    }

    /// <summary>com.microsoft Attention, projections and all.</summary>
    public string Attend(
        string input, string weight, string biases, int width, ReadOnlySpan<AttributeProto> attributes)
    {
        var data = weights.Get(weight, 3 * width, width);
        if (!form.IsInt8)
            return graph.Fused("Attention", [input, Transposed(weight, data, width, 3 * width), biases], attributes);

        var (values, scales) = Quantize(weight, data, width, 3 * width);
        var quantized = QuantizeInput(input);
        return graph.Fused(
            "QAttention", [quantized[0], values, biases, quantized[1], scales, "", quantized[2]], attributes);
    }

    /// <summary>Bytes of pixels by int8 weights.</summary>
    /// <param name="kernel">[outputs, inputs].</param>
    public string ProjectPixels(string bytes, string name, float[] kernel, int inputs, int outputs)
    {
        var weight = new WeightData(MemoryMarshal.AsBytes<float>(kernel).ToArray(), null, TensorElementType.Float);
        var (values, scales) = Quantize(name, weight, inputs, outputs);
        return graph.Fused("MatMulIntegerToFloat", [bytes, values, graph.Scalar(PatchKernel.PixelScale), scales]);
    }

    private static IEnumerable<string> Thirds(Func<int, string> project) => Enumerable.Range(0, 3).Select(project);

    private string Multiply(string input, string name, WeightData data, string? bias, int inputs, int outputs)
    {
        switch (form.Product)
        {
            case ProductForm.Gemm:
                var weight = graph.Weight(name, data, outputs, inputs);
                return graph.Node("Gemm", bias is null ? [input, weight] : [input, weight, bias], NodeAttribute.Int("transB", 1));
            case ProductForm.FusedMatMul:
                return AddBias(
                    graph.Fused("FusedMatMul", [input, graph.Weight(name, data, outputs, inputs)], NodeAttribute.Int("transB", 1)),
                    bias);
            default:
                return AddBias(graph.Node("MatMul", [input, Transposed(name, data, inputs, outputs)]), bias);
        }
    }

    private string AddBias(string product, string? bias) => bias is null ? product : graph.Node("Add", [product, bias]);

    private string Transposed(string name, WeightData data, int inputs, int outputs)
    {
        var source = MemoryMarshal.Cast<byte, float>(data.Bytes.Span);
        var target = new float[source.Length];
        for (var output = 0; output < outputs; output++)
        {
            for (var input = 0; input < inputs; input++)
                target[(input * outputs) + output] = source[(output * inputs) + input];
        }

        return graph.Floats($"{name}:transposed", target, inputs, outputs);
    }

    private string Bytes(string input, (string Values, string Scales) weight, string? bias)
    {
        if (form.Product != ProductForm.BytesPlain)
        {
            return graph.Fused(
                "DynamicQuantizeMatMul",
                bias is null ? [input, weight.Values, weight.Scales] : [input, weight.Values, weight.Scales, "", bias]);
        }

        var quantized = QuantizeInput(input);
        var product = graph.Node("MatMulInteger", [quantized[0], weight.Values, quantized[2]]);
        var scale = graph.Node("Mul", [quantized[1], weight.Scales]);
        return AddBias(graph.Node("Mul", [graph.Cast(product, TensorElementType.Float), scale]), bias);
    }

    private string BytesOf(string[] quantized, (string Values, string Scales) weight, string? bias)
    {
        string[] inputs = [quantized[0], weight.Values, quantized[1], weight.Scales, quantized[2]];
        return graph.Fused("MatMulIntegerToFloat", bias is null ? inputs : [.. inputs, "", bias]);
    }

    private string[] QuantizeInput(string input) => graph.Add("DynamicQuantizeLinear", "", [input], [0, 1, 2], []);

    private (string Values, string Scales) QuantizeThird(string weight, int third, int width) =>
        Quantize($"{weight}[{third}]", weights.GetPart(weight, third, 3, width, width), width, width);

    private (string Values, string Scales) Quantize(string name, WeightData weight, int inputs, int outputs)
    {
        ReadOnlyMemory<float> floats = MemoryMarshal.Cast<byte, float>(weight.Bytes.Span).ToArray();
        var matrix = ByteMatrix.Quantize(floats, inputs, outputs, form.ReducedRange ? ReducedRange : FullRange);
        return (
            graph.Constant($"{name}:int8", TensorElementType.Int8, [inputs, outputs], matrix.Values),
            graph.Floats($"{name}:scale", matrix.Scales, outputs));
    }
}
