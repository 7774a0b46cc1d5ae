using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>
/// int8 on the CPU: weights as <see cref="ByteMatrix"/>, activations quantised while running.
/// </summary>
internal sealed class ByteLinearLayers(GraphBuilder graph, TowerWeights weights) : LinearLayers(graph, weights)
{
    // Without VNNI, x64 adds two products of bytes in 16 bits and saturates; with seven bits, 2 · 255 · 63 fits.
    private static readonly int Magnitude = X86Base.IsSupported && !ProcessorFeatures.HasVnni ? 63 : 127;

    public override bool AddsBias => true;

    public override string Project(string input, string weight, string? bias, int inputs, int outputs)
    {
        (var values, var scales) = Quantize(weight, Weights.Get(weight, outputs, inputs), inputs, outputs);
        string[] operands = bias is null ? [input, values, scales] : [input, values, scales, "", bias];
        return Graph.Fused("DynamicQuantizeMatMul", operands);
    }

    /// <summary>Pixels are bytes already, so only the weights are rounded.</summary>
    public override string ProjectPixels(string bytes, string weight, PatchKernel kernel)
    {
        (var values, var scales) = Quantize(weight, kernel.Weights, kernel.Inputs, kernel.Outputs);
        return Graph.Fused("MatMulIntegerToFloat", [bytes, values, Graph.Scalar(PatchKernel.PixelScale), scales]);
    }

    public override (string Query, string Key, string Value) ProjectQueryKeyValue(
        string input, string weight, int width)
    {
        // The three products read the same input, so it is quantised once.
        var quantized = Graph.Add("DynamicQuantizeLinear", "", [input], [0, 1, 2], []);
        string Part(int third)
        {
            (var values, var scales) = Quantize(
                $"{weight}[{third}]", Weights.GetPart(weight, third, 3, width, width), width, width);
            return Graph.Fused(
                "MatMulIntegerToFloat", [quantized[0], values, quantized[1], scales, quantized[2]]);
        }

        return (Part(0), Part(1), Part(2));
    }

    private (string Values, string Scales) Quantize(string name, WeightData weight, int inputs, int outputs)
    {
        var floats = MemoryMarshal.Cast<byte, float>(weight.Bytes.Span).ToArray();
        return Quantize(name, floats, inputs, outputs);
    }

    private (string Values, string Scales) Quantize(string name, float[] floats, int inputs, int outputs)
    {
        var matrix = ByteMatrix.Quantize(floats, inputs, outputs, Magnitude);
        return (
            Graph.Constant($"{name}:int8", TensorElementType.Int8, [inputs, outputs], matrix.Values),
            Graph.Floats($"{name}:scale", matrix.Scales, outputs));
    }
}
