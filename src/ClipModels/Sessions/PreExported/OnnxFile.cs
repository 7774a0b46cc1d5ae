using System.Globalization;
using ClipGrpc.Models.Files;
using Microsoft.ML.OnnxRuntime.Tensors;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Sessions.PreExported;

/// <summary>
/// Finds the tensors of an ONNX model that lie in other files, without reading the others: the model itself may have
/// gigabytes of them.
/// </summary>
/// <remarks>Field numbers are those of the ONNX standard (onnx.proto3).</remarks>
internal sealed class OnnxFile
{
    private const int MaxDepth = 16;

    /// <summary>
    /// Operators for whose constant factors the runtime makes an arrangement of its own, or computes something of them
    /// while it loads.
    /// </summary>
    private static readonly HashSet<string> Rearranging = new(StringComparer.Ordinal)
    {
        "MatMul", "Gemm", "FusedMatMul", "MatMulInteger", "MatMulIntegerToFloat", "DynamicQuantizeMatMul",
        "QLinearMatMul", "MatMulNBits", "Attention", "QAttention", "Cast", "Transpose", "DequantizeLinear",
    };

    private readonly ProtobufCursor _cursor;
    private readonly string _name;
    private readonly List<ExternalTensor> _tensors = [];
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);

    private OnnxFile(RegularFile file)
    {
        _cursor = new ProtobufCursor(file);
        _name = file.Name;
    }

    /// <summary>The external tensors of a model.</summary>
    /// <exception cref="ClipException">It is not an ONNX model, or one lies where it must not.</exception>
    public static IReadOnlyList<ExternalTensor> ReadExternalTensors(string path)
    {
        using var file = RegularFile.Open(path);
        var model = new OnnxFile(file);
        model.ReadModel(file.Length);
        return model._tensors.ConvertAll(tensor => tensor with { IsKept = model._kept.Contains(tensor.Name) });
    }

    private void ReadModel(long end) => _cursor.ReadMessage(end, (field, content) =>
    {
        if ((field, content) is (7, { } graph))
            ReadGraph(graph, depth: 0);
    });

    private void ReadGraph(long end, int depth)
    {
        if (depth > MaxDepth)
            throw Invalid(_name, $"graphs are nested more than {MaxDepth} levels deep.");

        _cursor.ReadMessage(end, (field, content) =>
        {
            switch ((field, content))
            {
                case (1, { } node):
                    ReadNode(node, depth);
                    break;
                case (5, { } tensor):
                    ReadTensor(tensor, depth);
                    break;
            }
        });
    }

    private void ReadNode(long end, int depth)
    {
        var inputs = new List<string>();
        var operation = "";
        _cursor.ReadMessage(end, (field, content) =>
        {
            switch ((field, content))
            {
                case (1, { } input):
                    inputs.Add(_cursor.ReadText(input));
                    break;
                case (4, { } type):
                    operation = _cursor.ReadText(type);
                    break;
                case (5, { } attribute):
                    ReadAttribute(attribute, depth);
                    break;
            }
        });
        if (!Rearranging.Contains(operation))
            _kept.UnionWith(inputs);
    }

    private void ReadAttribute(long end, int depth) => _cursor.ReadMessage(end, (field, content) =>
    {
        switch ((field, content))
        {
            case (5 or 10, { } tensor):
                ReadTensor(tensor, depth + 1);
                break;
            case (6 or 11, { } graph):
                ReadGraph(graph, depth + 1);
                break;
        }
    });

    private void ReadTensor(long end, int depth)
    {
        var name = "";
        var type = TensorElementType.Float;
        var shape = new List<long>();
        var isExternal = false;
        var place = new Dictionary<string, string>(StringComparer.Ordinal);
        _cursor.ReadMessage(end, (field, content) =>
        {
            switch ((field, content))
            {
                case (1, null):
                    shape.Add((long)_cursor.Number);
                    break;
                case (1, { } packed):
                    while (_cursor.Position < packed)
                        shape.Add((long)_cursor.ReadNumber(packed));
                    break;
                case (2, null):
                    type = (TensorElementType)_cursor.Number;
                    break;
                case (8, { } text):
                    name = _cursor.ReadText(text);
                    break;
                case (13, { } entry):
                    var (key, value) = ReadEntry(entry);
                    place[key] = value;
                    break;
                case (14, null):
                    isExternal = _cursor.Number == 1;
                    break;
            }
        });
        if (!isExternal)
            return;
        if (depth > 0)
        {
            throw Invalid(
                _name, $"tensor {Quote(name)} of a node or nested graph is stored in another file, which is not "
                + "supported. Save the model with its tensors in the file.");
        }

        _tensors.Add(new ExternalTensor(
            name, type, [.. shape], CheckPlace(name, place.GetValueOrDefault("location", "")),
            ReadInteger(name, place, "offset") ?? 0, ReadInteger(name, place, "length"), IsKept: false));
    }

    private (string Key, string Value) ReadEntry(long end)
    {
        var (key, value) = ("", "");
        _cursor.ReadMessage(end, (field, content) =>
        {
            if ((field, content) is (1, { } first))
                key = _cursor.ReadText(first);
            else if ((field, content) is (2, { } second))
                value = _cursor.ReadText(second);
        });
        return (key, value);
    }

    private string CheckPlace(string tensor, string location)
    {
        var parts = location.Split('/');
        return parts.All(part => part.Length > 0 && part is not ("." or ".."))
            && location.AsSpan().IndexOfAny("\\:\0") < 0
            ? location
            : throw Invalid(
                _name, $"tensor {Quote(tensor)} is stored in {Quote(location)}, which is not in the model's folder.");
    }

    private long? ReadInteger(string tensor, Dictionary<string, string> place, string key)
    {
        if (!place.TryGetValue(key, out var text))
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Invalid(_name, $"tensor {Quote(tensor)} has the {key} {Quote(text)}.");
    }
}
