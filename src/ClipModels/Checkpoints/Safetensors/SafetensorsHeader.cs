using System.Collections.Immutable;
using System.Text.Json;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Checkpoints.Safetensors;

/// <summary>
/// The JSON header of a safetensors file, read token by token: what is allocated is what the header
/// really holds.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>A checkpoint of 10,000 tensors has a header of about 1.5 MB.</summary>
    public const int MaxLength = 16 << 20;

    private const int MaxDepth = 4;
    private const int MaxDimensions = 16;
    private const string Metadata = "__metadata__";

    /// <exception cref="ClipException">Not JSON, or not the header's shape.</exception>
    public static IReadOnlyList<SafetensorsEntry> Parse(ReadOnlySpan<byte> json, string file)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            return ReadEntries(ref reader, file);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The reader throws InvalidOperationException for text that is not UTF-8 or has lone surrogates.
            throw Invalid(file, "the safetensors header is not valid JSON.", exception);
        }
    }

    private static List<SafetensorsEntry> ReadEntries(ref Utf8JsonReader reader, string file)
    {
        var entries = new List<SafetensorsEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        Expect(ref reader, JsonTokenType.StartObject, file, "the header");
        while (NextKey(ref reader, out var name))
        {
            if (!names.Add(name))
                throw Invalid(file, $"the header has a duplicate {Quote(name)}.");

            if (name == Metadata)
                SkipMetadata(ref reader, file);
            else
                entries.Add(ReadEntry(ref reader, name, file));
        }

        if (reader.Read())
            throw Invalid(file, "the header's JSON object is followed by other data.");
        return entries;
    }

    private static SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name, string file)
    {
        var what = $"tensor {Quote(name)}";
        string? type = null;
        ImmutableArray<long>? shape = null;
        ImmutableArray<long>? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, file, what);
        while (NextKey(ref reader, out var key))
        {
            var isNew = key switch
            {
                "dtype" => Set(ref type, ReadText(ref reader, file, $"the dtype of {what}")),
                "shape" => Set(ref shape, ReadIntegers(ref reader, file, $"the shape of {what}")),
                "data_offsets" => Set(ref offsets, ReadIntegers(ref reader, file, $"the data_offsets of {what}")),
                _ => throw Invalid(file, $"{what} has an unknown key {Quote(key)}."),
            };
            if (!isNew)
                throw Invalid(file, $"{what} has a duplicate {key}.");
        }

        if (type is null || shape is null || offsets is not [var begin, var end])
            throw Invalid(file, $"{what} needs dtype, shape and two data_offsets.");

        return new SafetensorsEntry(name, type, shape.Value, begin, end);
    }

    private static bool Set<T>(ref T? slot, T value)
    {
        var isNew = slot is null;
        slot = value;
        return isNew;
    }

    private static void SkipMetadata(ref Utf8JsonReader reader, string file)
    {
        Expect(ref reader, JsonTokenType.StartObject, file, Metadata);
        while (NextKey(ref reader, out _))
            Expect(ref reader, JsonTokenType.String, file, $"a value of {Metadata}");
    }

    private static bool NextKey(ref Utf8JsonReader reader, out string key)
    {
        // The reader itself refuses an end of input inside an object.
        reader.Read();
        key = reader.TokenType == JsonTokenType.PropertyName ? reader.GetString()! : "";
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    private static string ReadText(ref Utf8JsonReader reader, string file, string what)
    {
        Expect(ref reader, JsonTokenType.String, file, what);
        return reader.GetString()!;
    }

    private static ImmutableArray<long>? ReadIntegers(ref Utf8JsonReader reader, string file, string what)
    {
        Expect(ref reader, JsonTokenType.StartArray, file, what);
        var values = ImmutableArray.CreateBuilder<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0)
                throw Invalid(file, $"{what} must hold integers from 0 to 2^63 - 1.");
            if (values.Count == MaxDimensions)
                throw Invalid(file, $"{what} has more than {MaxDimensions} values.");
            values.Add(value);
        }

        return values.ToImmutable();
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string file, string what)
    {
        if (!reader.Read() || reader.TokenType != type)
        {
            throw Invalid(
                file,
                $"{what} is not a JSON {Name(type)}.");
        }
    }

    private static string Name(JsonTokenType type) => type switch
    {
        JsonTokenType.String => "string",
        JsonTokenType.StartArray => "array",
        _ => "object",
    };
}
