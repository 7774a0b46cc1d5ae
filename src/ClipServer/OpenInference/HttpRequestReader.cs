using System.Globalization;
using System.Text.Json;
using ClipGrpc.Server.Http;
using ClipGrpc.Server.Rpc;

namespace ClipGrpc.Server.OpenInference;

/// <summary>A request of HTTP, and which of its outputs are to be binary.</summary>
internal sealed record HttpInferenceRequest(InferenceRequest Request, Func<string, bool> IsBinary);

/// <summary>Reads a request of HTTP: JSON, which the content of inputs may follow.</summary>
internal sealed class HttpRequestReader(TensorReader tensors)
{
    /// <summary>The length of the JSON, where it is not all of the body.</summary>
    public const string LengthHeader = "Inference-Header-Content-Length";

    private const string BinarySize = "binary_data_size";

    /// <summary>Null: there is no header.</summary>
    /// <exception cref="RequestException">It is not the length of a part of the body.</exception>
    public static int? ReadJsonLength(HttpRequest request, int bodyLength)
    {
        if (!request.Headers.TryGetValue(LengthHeader, out var header))
            return null;
        if (int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= bodyLength)
        {
            return length;
        }

        throw RequestError.Invalid(
            LengthHeader, $"\"{Excerpt.Of(header.ToString())}\" is not a number of bytes from 0 to {bodyLength}, those "
            + "of the body.");
    }

    /// <summary>A body without JSON: the only element of an input of images.</summary>
    /// <exception cref="ClipException">It is empty.</exception>
    public HttpInferenceRequest ReadImage(ModelPath path, ReadOnlyMemory<byte> image)
    {
        var header = tensors.ReadHeader(
            "body", TensorDefinition.Images.Name, Datatype.Bytes.Name, [1]);
        var input = new InputTensor(header) { Elements = new RawElements([image]) };
        var settings = new InferenceSettings(
            Normalize: true, V1.LongText.Truncate, Float16: false, Serving.Batching.WorkPriority.Interactive,
            Timeout: null);
        return new HttpInferenceRequest(
            new InferenceRequest(path.Name, path.Version, "", [input], [], settings), _ => true);
    }

    /// <exception cref="RequestException">It is not valid.</exception>
    /// <exception cref="ClipException">It is not valid.</exception>
    public HttpInferenceRequest Read(ModelPath path, JsonBody body)
    {
        var request = new JsonFields(body.Root);
        var parameters = ParameterSet.Read(request);
        var settings = InferenceSettings.Read(parameters);
        var isBinary = parameters.FindBoolean("binary_data_output") ?? false;
        var binary = new Dictionary<string, bool>(StringComparer.Ordinal);
        var outputs = ReadOutputs(request, isBinary, binary);
        if (settings.Float16)
            CheckHalves(outputs, isBinary, binary);

        return new HttpInferenceRequest(
            new InferenceRequest(
                path.Name, path.Version, request.FindText("id") ?? "", ReadInputs(request, body.Rest), outputs,
                settings),
            name => binary.GetValueOrDefault(name, isBinary));
    }

    private List<InputTensor> ReadInputs(JsonFields request, ReadOnlyMemory<byte> rest)
    {
        var items = ReadList(request.Get("inputs"), "inputs");
        var inputs = new List<InputTensor>(items.Count);
        foreach (var item in items)
            inputs.Add(ReadInput(item, $"inputs[{inputs.Count}]", ref rest));

        return rest.IsEmpty
            ? inputs
            : throw InputReader.Invalid("inputs", $"Bytes after the content of all inputs: {rest.Length:N0}.");
    }

    private InputTensor ReadInput(JsonElement value, string field, ref ReadOnlyMemory<byte> rest)
    {
        var input = ReadObject(value, field);
        var header = tensors.ReadHeader(
            field, JsonFields.Text(input.Get("name"), input.PathOf("name")),
            JsonFields.Text(input.Get("datatype"), input.PathOf("datatype")), ReadShape(input));
        if (ParameterSet.Read(input).FindCount(BinarySize) is not { } size)
            return TensorReader.ReadJson(header, input.Get("data"));

        var sizeField = $"{field}.parameters.{BinarySize}";
        if (input.Has("data"))
            throw InputReader.Invalid(sizeField, "The content is already in data; send one of them.");
        if (size > rest.Length)
            throw InputReader.Invalid(sizeField, $"It is {size:N0}, but {rest.Length:N0} bytes follow.");

        var content = rest[..(int)size];
        rest = rest[(int)size..];
        return TensorReader.ReadRaw(header, content);
    }

    private static List<long> ReadShape(JsonFields input)
    {
        var field = input.PathOf("shape");
        var shape = new List<long>();
        foreach (var size in ReadList(input.Get("shape"), field))
        {
            shape.Add(size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var number)
                ? number
                : throw JsonFields.WrongType($"{field}[{shape.Count}]", "an integer", size));
        }

        return shape;
    }

    private static List<RequestedOutput> ReadOutputs(
        JsonFields request, bool isBinary, Dictionary<string, bool> binary)
    {
        var outputs = new List<RequestedOutput>();
        if (request.Find("outputs") is not { } list)
            return outputs;

        foreach (var item in ReadList(list, "outputs"))
        {
            var field = $"outputs[{outputs.Count}]";
            var output = ReadObject(item, field);
            var parameters = ParameterSet.Read(output);
            var name = JsonFields.Text(output.Get("name"), output.PathOf("name"));
            outputs.Add(RequestedOutput.Create(name, field, parameters));
            binary[name] = parameters.FindBoolean("binary_data") ?? isBinary;
        }

        return outputs;
    }

    /// <summary>JSON has no form for them.</summary>
    private static void CheckHalves(
        List<RequestedOutput> outputs, bool isBinary, Dictionary<string, bool> binary)
    {
        if (outputs.Count == 0 ? !isBinary : outputs.Exists(output => output.Classes == 0 && !binary[output.Name]))
        {
            throw InputReader.Invalid(
                "parameters.embed_dtype",
                "FP16 requires binary outputs: set binary_data of each output, or binary_data_output.");
        }
    }

    private static JsonFields ReadObject(JsonElement value, string field) => value.ValueKind == JsonValueKind.Object
        ? new JsonFields(value, field)
        : throw JsonFields.WrongType(field, "an object", value);

    private static List<JsonElement> ReadList(JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray()]
            : throw JsonFields.WrongType(field, "an array", value);
}
