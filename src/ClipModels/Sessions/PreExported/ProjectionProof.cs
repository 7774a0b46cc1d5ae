using ClipGrpc.Models.Graphs.Onnx;
using Google.Protobuf;

namespace ClipGrpc.Models.Sessions.PreExported;

/// <summary>Looks into an ONNX file for the product that makes an embedding of a hidden state.</summary>
internal static class ProjectionProof
{
    private static readonly MessageParser<ModelProto> Parser = ModelProto.Parser.WithDiscardUnknownFields(true);

    /// <summary>What may follow the product: other types, other shapes, and a division by the norm.</summary>
    private static readonly string[] Followers =
        ["Cast", "Identity", "Squeeze", "Flatten", "Reshape", "Div", "LpNormalization"];

    /// <summary>
    /// Whether an output is a product with a learned matrix of <paramref name="dimensions"/> columns.
    /// </summary>
    public static bool IsProjected(string path, string output, int dimensions)
    {
        GraphProto graph;
        try
        {
            using var file = File.OpenRead(path);
            graph = Parser.ParseFrom(file).Graph;
        }
        catch (InvalidProtocolBufferException)
        {
            // The runtime has loaded the file, so it is beyond what this parser takes: no proof.
            return false;
        }

        var makers = graph.Node.SelectMany(node => node.Output.Select(name => (name, node))).ToLookup(
            pair => pair.name, pair => pair.node);
        while (makers[output].FirstOrDefault() is { Input.Count: > 0 } node)
        {
            if (node.OpType is "MatMul" or "Gemm")
                return IsMatrix(graph, makers, node, dimensions);
            if (!Followers.Contains(node.OpType))
                return false;
            output = node.Input[0];
        }

        return false;
    }

    private static bool IsMatrix(
        GraphProto graph, ILookup<string, NodeProto> makers, NodeProto product, int dimensions)
    {
        var name = product.Input[1];

        // Half-precision exports store a matrix narrow and cast it.
        while (makers[name].FirstOrDefault() is { OpType: "Cast" or "Identity" or "Transpose", Input.Count: > 0 } node)
            name = node.Input[0];
        return graph.Initializer.Any(
            tensor => tensor.Name == name && tensor.Dims.Count == 2 && tensor.Dims.Contains(dimensions));
    }
}
