using System.Runtime.InteropServices;
using ClipGrpc.Models.Graphs.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>
/// Writes an ONNX graph node by node. Values are known by name; each method that adds a node returns the name of what
/// the node computes.
/// </summary>
internal sealed class GraphBuilder
{
    /// <summary>The domain of ONNX Runtime's own fused operators.</summary>
    public const string Contrib = "com.microsoft";

    // The oldest operator set that has LayerNormalization; IR 8 is its format.
    private const int OperatorSet = 17;
    private const int IrVersion = 8;

    /// <summary>
    /// Larger tensors stay out of the model and are handed to the session in place. Smaller ones are mostly shapes and
    /// axes, which the runtime wants to read while it loads.
    /// </summary>
    public const int SmallConstants = 256;

    // A serialised model must stay below 2 GiB; the rest of it is far smaller than what this leaves.
    private const long MostInlineBytes = 2_000_000_000;

    private readonly GraphProto _graph;
    private readonly List<GraphConstant> _constants = [];
    private readonly List<FileConstant> _inFiles = [];
    private readonly HashSet<string> _constantNames = [];
    private readonly ExternalFiles _files = new();
    private readonly List<TensorProto> _given = [];
    private readonly int _largestInlineBytes;
    private readonly bool _givesConstants;
    private long _inlineBytes;
    private int _nodes;

    /// <param name="largestInlineBytes">
    /// The largest size of tensors that are written into the model unless they are in a file. The runtime cannot
    /// compute with handed-over tensors while it loads, as it does to widen float16 for the CPU.
    /// </param>
    /// <param name="givesConstants">
    /// Whether tensors may be handed to the session in memory. The runtime takes only those for the CPU; other devices
    /// it fills from the model and its files.
    /// </param>
    public GraphBuilder(string name, int largestInlineBytes = SmallConstants, bool givesConstants = true)
    {
        _graph = new GraphProto { Name = name };
        _largestInlineBytes = givesConstants ? largestInlineBytes : int.MaxValue;
        _givesConstants = givesConstants;
    }

    /// <param name="shape">A number for a fixed dimension, a name for one that varies.</param>
    public string Input(string name, TensorElementType type, params ReadOnlySpan<string> shape)
    {
        _graph.Input.Add(Value(name, type, shape));
        return name;
    }

    public void Output(string name, TensorElementType type, params ReadOnlySpan<string> shape) =>
        _graph.Output.Add(Value(name, type, shape));

    public string Node(string op, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        Add(op, "", inputs, [0], attributes)[0];

    /// <summary>A node of <see cref="Contrib"/>.</summary>
    public string Fused(string op, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        Add(op, Contrib, inputs, [0], attributes)[0];

    public string Cast(string input, TensorElementType type) =>
        Node("Cast", [input], NodeAttribute.Int("to", (int)type));

    /// <summary>A node of which several outputs are wanted.</summary>
    /// <param name="outputs">The wanted outputs' places in the operator's list, ascending; others stay unset.</param>
    /// <returns>The wanted outputs' names.</returns>
    public string[] Add(
        string op, string domain, ReadOnlySpan<string> inputs, ReadOnlySpan<int> outputs,
        ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = op, Domain = domain, Name = $"{op}_{_nodes++}" };
        foreach (var input in inputs)
            node.Input.Add(input);
        foreach (var attribute in attributes)
            node.Attribute.Add(attribute);

        var names = new string[outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            while (node.Output.Count < outputs[i])
                node.Output.Add("");
            names[i] = $"{node.Name}:{outputs[i]}";
            node.Output.Add(names[i]);
        }

        _graph.Node.Add(node);
        return names;
    }

    /// <summary>Gives a value the name of a graph output.</summary>
    public void Rename(string value, string output)
    {
        NodeProto node = _graph.Node.Single(node => node.Output.Contains(value));
        node.Output[node.Output.IndexOf(value)] = output;
        foreach (var user in _graph.Node)
        {
            for (var i = 0; i < user.Input.Count; i++)
            {
                if (user.Input[i] == value)
                    user.Input[i] = output;
            }
        }
    }

    /// <summary>A weight, in memory; one added before by the same name is used again.</summary>
    public string Weight(string name, WeightData data, params ReadOnlySpan<long> shape) =>
        Constant(name, data.Type, shape, data.Bytes);

    /// <summary>
    /// The factor of a matrix product, which the runtime itself reads from the weights file if it is there. Only
    /// for what it does not compute with in place: it maps the file for as long as it does, and a mapped file that
    /// somebody truncates ends the process. Float32 factors of two dimensions it rearranges for itself; float16 ones
    /// it widens on a CPU; a GPU has a copy of everything.
    /// </summary>
    public string Matrix(string name, WeightData data, params ReadOnlySpan<long> shape)
    {
        if (data.Region is not { } region || data.Bytes.Length <= SmallConstants || !_files.Accepts(region)
            || (shape.Length > 2 && data.Type == TensorElementType.Float))
        {
            return Weight(name, data, shape);
        }

        if (TryAdd(name, data.Type, shape) is { } tensor)
        {
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            _files.Refer(tensor, region);
            if (_givesConstants)
                _inFiles.Add(new FileConstant(name, data.Type, [.. shape], region));
        }

        return name;
    }

    /// <summary>
    /// A weight that rows are gathered from: handed to the session whatever its type, because nothing widens all of it.
    /// </summary>
    public string Table(string name, WeightData data, params ReadOnlySpan<long> shape)
    {
        if (!_givesConstants)
            return Matrix(name, data, shape);
        if (TryAdd(name, data.Type, shape) is { } tensor)
            Put(tensor, shape, data.Bytes, SmallConstants);
        return name;
    }

    /// <summary>A constant tensor; one that was added before by the same name is used again.</summary>
    public string Constant(
        string name, TensorElementType type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> data)
    {
        if (TryAdd(name, type, shape) is { } tensor)
            Put(tensor, shape, data, _largestInlineBytes);
        return name;
    }

    public string Floats(string name, float[] values, params ReadOnlySpan<long> shape) =>
        Constant(name, TensorElementType.Float, shape, MemoryMarshal.AsBytes<float>(values).ToArray());

    /// <summary>A vector of shape or axis numbers.</summary>
    public string Int64s(params ReadOnlySpan<long> values) =>
        Constant(
            $"int64[{string.Join(',', values.ToArray())}]", TensorElementType.Int64, [values.Length],
            MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>A value without dimensions.</summary>
    public string Scalar(float value) =>
        Constant(
            FormattableString.Invariant($"float({value:R})"), TensorElementType.Float, [],
            BitConverter.GetBytes(value));

    public TowerGraph Build()
    {
        foreach (var tensor in _given)
            _files.ReferToPlaceholder(tensor);

        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "ClipGrpc", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OperatorSet });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = Contrib, Version = 1 });
        return new TowerGraph(model.ToByteArray(), _constants, _inFiles, _files.Folder);
    }

    /// <summary>Null: it is there already.</summary>
    private TensorProto? TryAdd(string name, TensorElementType type, ReadOnlySpan<long> shape)
    {
        if (!_constantNames.Add(name))
            return null;

        var tensor = new TensorProto { Name = name, DataType = (int)type };
        foreach (var dimension in shape)
            tensor.Dims.Add(dimension);
        _graph.Initializer.Add(tensor);
        return tensor;
    }

    private void Put(TensorProto tensor, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> data, int largestInlineBytes)
    {
        if (data.Length <= largestInlineBytes)
        {
            PutInline(tensor, data);
            return;
        }

        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        _constants.Add(new GraphConstant(tensor.Name, (TensorElementType)tensor.DataType, [.. shape], data));
        _given.Add(tensor);
    }

    private void PutInline(TensorProto tensor, ReadOnlyMemory<byte> data)
    {
        _inlineBytes += data.Length;
        if (_inlineBytes > MostInlineBytes)
        {
            throw new ClipException(
                ClipErrorReason.InvalidModel,
                "The converted weights are too large for one model in memory. They are written to the cache folder, "
                + "if there is one: set CLIPGRPC_CACHE to a writable folder.");
        }

        tensor.RawData = ByteString.CopyFrom(data.Span);
    }

    private static ValueInfoProto Value(string name, TensorElementType type, ReadOnlySpan<string> shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (var dimension in shape)
        {
            dimensions.Dim.Add(long.TryParse(dimension, out var length)
                ? new TensorShapeProto.Types.Dimension { DimValue = length }
                : new TensorShapeProto.Types.Dimension { DimParam = dimension });
        }

        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dimensions };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}
