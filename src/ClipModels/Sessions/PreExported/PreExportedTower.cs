using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Graphs;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions.PreExported;

/// <summary>A tower of a pre-exported ONNX model on its device, with normalised embeddings. Not thread-safe.</summary>
internal sealed class PreExportedTower : IDisposable
{
    // What the reference divides by at least.
    private const float SmallestNorm = 1e-12f;

    private readonly ExecutionDevice _device;
    private readonly InferenceSession _session;
    private readonly PlacedConstants _constants;
    private readonly RunOptions _runOptions = new();
    private readonly string[] _outputs;
    private readonly int _dimensions;

    /// <param name="path">Of the ONNX file.</param>
    /// <param name="outputNames">Names that exporters give nothing but the embedding, best first.</param>
    /// <param name="dimensions">Elements of an embedding.</param>
    /// <param name="width">Elements of the tower's hidden states, from which the embedding is projected.</param>
    /// <param name="options">How to run it.</param>
    /// <exception cref="ClipException">
    /// The device is missing, the runtime refuses the file, or none of its outputs can be the embedding.
    /// </exception>
    public PreExportedTower(
        string path, IReadOnlyList<string> outputNames, int dimensions, int width, InferenceOptions options)
    {
        File = Path.GetFileName(path);
        _device = ExecutionDevice.Resolve(options);
        _dimensions = dimensions;
        (_session, _constants) = Load(path, options);
        try
        {
            _outputs = [FindOutput(path, outputNames, width)];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string File { get; }

    public string Provider => _device.Provider;

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    /// <summary>Human-readable: <c>name: type [n, 3, 224, 224]</c>.</summary>
    public static string Describe(string name, NodeMetadata value)
    {
        if (value.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR)
            return $"{name}: {value.OnnxValueType}";

        var sides = value.Dimensions.Select(side => side < 0 ? "?" : $"{side}");
        return $"{name}: {value.ElementDataType} [{string.Join(", ", sides)}]";
    }

    /// <summary>Runs it over n inputs and writes n rows of norm 1, and the norms that they had.</summary>
    /// <exception cref="ClipException">
    /// The runtime failed, or the output has another shape than the model says.
    /// </exception>
    public void Run(string[] names, OrtValue[] inputs, int n, Span<float> embeddings, Span<float> norms)
    {
        try
        {
            using var outputs = _session.Run(_runOptions, names, inputs, _outputs);
            Read(outputs[0], n, embeddings);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ClipException(ClipErrorReason.ModelRunFailed, "The model failed to run.", exception);
        }

        for (var i = 0; i < n; i++)
        {
            var row = embeddings.Slice(i * _dimensions, _dimensions);
            norms[i] = TensorPrimitives.Norm<float>(row);
            TensorPrimitives.Divide(row, MathF.Max(norms[i], SmallestNorm), row);
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
        _constants.Dispose();
    }

    /// <summary>
    /// The runtime maps files with tensors, and keeps mapped what it computes with in place: truncating such a file
    /// crashes the server. So it is handed those tensors in memory, and all of them if a file is still mapped then.
    /// </summary>
    private (InferenceSession Session, PlacedConstants Constants) Load(string path, InferenceOptions options)
    {
        // Plug-ins read tensors from the files only; whoever opens the model sees to it that nobody truncates those.
        if (_device.Plugin is not null)
            return Create(path, options, []);

        var tensors = ReadExternalTensors(path, options);
        var folder = Path.GetDirectoryName(path)!;
        var loaded = Create(path, options, [.. tensors.Where(tensor => tensor.IsKept)]);
        if (!tensors.Any(tensor => ProcessMaps.Contains(RegularFile.ResolveLinks(Path.Combine(folder, tensor.File)))))
            return loaded;

        loaded.Session.Dispose();
        loaded.Constants.Dispose();
        return Create(path, options, tensors);
    }

    private IReadOnlyList<ExternalTensor> ReadExternalTensors(string path, InferenceOptions options)
    {
        try
        {
            return OnnxFile.ReadExternalTensors(path);
        }
        catch (ClipException)
        {
            // What the runtime cannot load either is refused in its words.
            var (session, constants) = Create(path, options, []);
            session.Dispose();
            constants.Dispose();
            throw;
        }
    }

    private (InferenceSession Session, PlacedConstants Constants) Create(
        string path, InferenceOptions options, IReadOnlyList<ExternalTensor> inMemory)
    {
        using var sessionOptions = RuntimeOptions.Create(options, _device);
        PlacedConstants? constants = null;
        try
        {
            constants = Place(Path.GetDirectoryName(path)!, inMemory);
            constants.AddTo(sessionOptions);
            return (new InferenceSession(path, sessionOptions), constants);
        }
        catch (OnnxRuntimeException exception)
        {
            constants?.Dispose();
            throw _device.Plugin is null
                ? CheckpointErrors.Invalid(File, $"ONNX Runtime could not load it on {Provider}.", exception)
                : PluginFailure.Describe(_device, options, exception);
        }
    }

    private static PlacedConstants Place(string folder, IReadOnlyList<ExternalTensor> tensors)
    {
        var files = new Dictionary<string, RegularFile>(StringComparer.Ordinal);
        try
        {
            return new PlacedConstants([.. tensors.Select(Read)]);
        }
        finally
        {
            // The tensors have been read.
            foreach (var file in files.Values)
                file.Dispose();
        }

        GraphConstant Read(ExternalTensor tensor)
        {
            if (!files.TryGetValue(tensor.File, out var file))
                files.Add(tensor.File, file = RegularFile.Open(Path.Combine(folder, tensor.File)));
            var data = file.Slice(tensor.Offset, tensor.Length ?? file.Length - tensor.Offset);
            return new GraphConstant(tensor.Name, tensor.Type, tensor.Shape, data);
        }
    }

    private void Read(OrtValue output, int n, Span<float> embeddings)
    {
        var info = output.GetTensorTypeAndShape();
        if (!info.Shape.AsSpan().SequenceEqual([n, _dimensions]))
        {
            throw new ClipException(
                ClipErrorReason.ModelRunFailed,
                $"{File}: {n} inputs produced {CheckpointErrors.Format(info.Shape)} instead of [{n}, {_dimensions}].");
        }

        var rows = embeddings[..(n * _dimensions)];
        if (info.ElementDataType == TensorElementType.Float16)
        {
            var halves = output.GetTensorDataAsSpan<Float16>();
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<Float16, Half>(halves), rows);
        }
        else
        {
            output.GetTensorDataAsSpan<float>().CopyTo(rows);
        }
    }

    /// <summary>
    /// An output of the embedding's shape is not enough: a hidden state may be as wide, and gives plausible vectors
    /// that mean nothing. It must have a name that only embeddings have, or be the only one and provably projected.
    /// </summary>
    private string FindOutput(string path, IReadOnlyList<string> names, int width)
    {
        List<string> fitting =
        [
            .. _session.OutputMetadata.Where(output => IsEmbedding(output.Value)).Select(output => output.Key),
        ];
        if (names.FirstOrDefault(fitting.Contains) is { } known)
            return known;
        if (fitting is [var only] && (IsNarrowed(only, width) || ProjectionProof.IsProjected(path, only, _dimensions)))
            return only;

        var all = _session.OutputMetadata.Select(output => Describe(output.Key, output.Value));
        throw CheckpointErrors.Invalid(
            File,
            $"no output is the embedding, which is a float [n, {_dimensions}] with the name "
            + $"{string.Join(" or ", names)}, or the only output of this shape that a projection computes. "
            + $"Outputs: {string.Join("; ", all)}. "
            + "Export the tower with its projection (in transformers: the models that end in WithProjection).");
    }

    /// <summary>Whether an output is as wide as the embedding and the hidden states are not.</summary>
    private bool IsNarrowed(string name, int width) =>
        width != _dimensions && _session.OutputMetadata[name].Dimensions[1] == _dimensions;

    private bool IsEmbedding(NodeMetadata output) =>
        output.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR
        && output.ElementDataType is TensorElementType.Float or TensorElementType.Float16
        && output.Dimensions is [_, var width] && (width < 0 || width == _dimensions);
}
