using System.Text.Json;
using ClipGrpc.OpenInference;
using ClipGrpc.Server.Http;
using ClipGrpc.Server.Rpc;
using Google.Protobuf.Collections;

namespace ClipGrpc.Server.OpenInference;

/// <summary>The parameters of a request, an input or an output, from either format. Unknown ones are ignored.</summary>
internal sealed class ParameterSet
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);
    private readonly string _path;

    private ParameterSet(string path) => _path = path;

    public IEnumerable<string> Names => _values.Keys;

    public static ParameterSet Read(MapField<string, InferParameter> parameters, string path)
    {
        var read = new ParameterSet(path);
        foreach (var (name, value) in parameters)
        {
            read._values[name] = value.ParameterChoiceCase switch
            {
                InferParameter.ParameterChoiceOneofCase.BoolParam => value.BoolParam,
                InferParameter.ParameterChoiceOneofCase.Int64Param => value.Int64Param,
                InferParameter.ParameterChoiceOneofCase.Uint64Param =>
                    (long)Math.Min(value.Uint64Param, long.MaxValue),
                InferParameter.ParameterChoiceOneofCase.StringParam => value.StringParam,
                InferParameter.ParameterChoiceOneofCase.DoubleParam => value.DoubleParam,
                _ => null,
            };
        }

        return read;
    }

    public static ParameterSet Read(MapField<string, ModelRepositoryParameter> parameters, string path)
    {
        var read = new ParameterSet(path);
        foreach (var (name, value) in parameters)
        {
            read._values[name] = value.ParameterChoiceCase switch
            {
                ModelRepositoryParameter.ParameterChoiceOneofCase.BoolParam => value.BoolParam,
                ModelRepositoryParameter.ParameterChoiceOneofCase.Int64Param => value.Int64Param,
                ModelRepositoryParameter.ParameterChoiceOneofCase.StringParam => value.StringParam,
                _ => null,
            };
        }

        return read;
    }

    /// <summary>The field <c>parameters</c> of an object.</summary>
    /// <exception cref="RequestException">It is not an object.</exception>
    public static ParameterSet Read(JsonFields fields)
    {
        var path = fields.PathOf("parameters");
        var read = new ParameterSet(path);
        if (fields.Find("parameters") is not { } parameters)
            return read;
        if (parameters.ValueKind != JsonValueKind.Object)
            throw JsonFields.WrongType(path, "an object", parameters);

        foreach (var parameter in parameters.EnumerateObject())
        {
            read._values[parameter.Name] = parameter.Value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.String => parameter.Value.GetString(),
                JsonValueKind.Number when parameter.Value.TryGetInt64(out var number) => number,
                JsonValueKind.Null => null,
                _ => parameter.Value,
            };
        }

        return read;
    }

    /// <exception cref="ClipException">It is something else.</exception>
    public bool? FindBoolean(string name) => Find(name) switch
    {
        null => null,
        bool value => value,
        _ => throw Wrong(name, "true or false"),
    };

    /// <exception cref="ClipException">It is something else.</exception>
    public string? FindText(string name) => Find(name) switch
    {
        null => null,
        string value => value,
        _ => throw Wrong(name, "a string"),
    };

    /// <exception cref="ClipException">It is something else.</exception>
    public long? FindCount(string name, long least = 0) => Find(name) switch
    {
        null => null,
        long value when value >= least => value,
        _ => throw Wrong(name, $"an integer of at least {least}"),
    };

    public ClipException Invalid(string name, string message) => InputReader.Invalid($"{_path}.{name}", message);

    private object? Find(string name) => _values.GetValueOrDefault(name);

    private ClipException Wrong(string name, string expected) => Invalid(name, $"It must be {expected}.");
}
