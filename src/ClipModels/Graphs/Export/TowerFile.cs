using ClipGrpc.Models.Graphs.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs.Export;

/// <summary>
/// Writes a graph as <c>NAME.onnx</c> and its large tensors as <c>NAME.onnx.data</c>, which stays beside it. Both
/// appear under their names when they are whole.
/// </summary>
internal static class TowerFile
{
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static ExportedTower Write(TowerGraph graph, string folder, string name)
    {
        var file = $"{name}.onnx";
        var weights = $"{file}.data";
        var partialWeights = Path.Combine(folder, $"{weights}.partial");
        var partialFile = Path.Combine(folder, $"{file}.partial");
        var model = ModelProto.Parser.ParseFrom(graph.Model);
        try
        {
            var bytes = WriteTensors(model.Graph, graph, partialWeights, weights);
            var serialized = model.ToByteArray();
            File.WriteAllBytes(partialFile, serialized);
            File.Move(partialWeights, Path.Combine(folder, weights), overwrite: true);
            File.Move(partialFile, Path.Combine(folder, file), overwrite: true);
            return Describe(model, file, weights, bytes + serialized.Length);
        }
        finally
        {
            File.Delete(partialWeights);
            File.Delete(partialFile);
        }
    }

    private static long WriteTensors(GraphProto proto, TowerGraph graph, string path, string name)
    {
        using var writer = new ExternalTensorWriter(graph, path, name);
        foreach (var tensor in proto.Initializer)
        {
            if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
                writer.Write(tensor);
        }

        return writer.Length;
    }

    private static ExportedTower Describe(ModelProto model, string file, string weights, long bytes) => new(
        file, weights, bytes,
        [.. model.Graph.Input.Select(Describe)],
        [.. model.Graph.Output.Select(Describe)],
        [.. model.Graph.Node.Where(node => node.Domain == GraphBuilder.Contrib).Select(node => node.OpType)
            .Distinct().Order(StringComparer.Ordinal)]);

    private static ExportedValue Describe(ValueInfoProto value)
    {
        var tensor = value.Type.TensorType;
        var shape = tensor.Shape.Dim.Select(dimension =>
            dimension.HasDimValue ? $"{dimension.DimValue}" : dimension.DimParam);
        var type = (TensorElementType)tensor.ElemType;
        return new ExportedValue(
            value.Name, type == TensorElementType.Float ? "float32" : type.ToString().ToLowerInvariant(),
            $"[{string.Join(", ", shape)}]");
    }
}
