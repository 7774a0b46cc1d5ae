using System.Text.Json;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Configuration;

/// <summary>
/// An object of a configuration file, read key by key. Errors are collected, each named by its key, so that a
/// person sees all of them at once; the value returned with an error is the default and is not used.
/// </summary>
internal sealed class ConfigSection
{
    private readonly JsonElement? _element;
    private readonly string _path;
    private readonly List<string> _errors;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <param name="element">Null where the file does not have the object: every key has its default.</param>
    /// <param name="path">Of the object in the file; empty for the file's own.</param>
    /// <param name="errors">Shared by all sections of the file.</param>
    public ConfigSection(JsonElement? element, string path, List<string> errors)
    {
        _element = element;
        _path = path;
        _errors = errors;
    }

    public bool Exists => _element is not null;

    public void AddError(string key, string problem) => _errors.Add($"{Quote(PathOf(key))} {problem}");

    /// <summary>Whether the key has a value other than null.</summary>
    public bool Has(string key) => TryGet(key, out _);

    public bool IsNumber(string key) => TryGet(key, out var value) && value.ValueKind == JsonValueKind.Number;

    public bool IsArray(string key) => TryGet(key, out var value) && value.ValueKind == JsonValueKind.Array;

    public ConfigSection Section(string key)
    {
        if (!TryGet(key, out var value))
            return new ConfigSection(null, PathOf(key), _errors);
        if (value.ValueKind == JsonValueKind.Object)
            return new ConfigSection(value, PathOf(key), _errors);

        AddError(key, $"must be an object, not {Show(value)}.");
        return new ConfigSection(null, PathOf(key), _errors);
    }

    /// <param name="fallback">Null where the key must be there.</param>
    public int Integer(string key, int minimum, int maximum, int? fallback)
    {
        if (!TryGet(key, out var value))
        {
            if (fallback is null)
                AddError(key, "is missing.");
        }
        else if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            && number >= minimum && number <= maximum)
        {
            return number;
        }
        else
        {
            AddError(key, $"must be an integer from {minimum} to {maximum}, not {Show(value)}.");
        }

        return fallback ?? minimum;
    }

    public double Number(string key, double minimum, double maximum, double fallback)
    {
        if (!TryGet(key, out var value))
            return fallback;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
            && number >= minimum && number <= maximum)
        {
            return number;
        }

        AddError(key, $"must be a number from {minimum} to {maximum}, not {Show(value)}.");
        return fallback;
    }

    public bool Boolean(string key, bool fallback)
    {
        if (!TryGet(key, out var value))
            return fallback;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();

        AddError(key, $"must be true or false, not {Show(value)}.");
        return fallback;
    }

    public string Text(string key, string fallback)
    {
        if (!TryGet(key, out var value))
            return fallback;
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString()!;

        AddError(key, $"must be a text, not {Show(value)}.");
        return fallback;
    }

    /// <summary>One number for each of red, green and blue; a single one other than 0 stands for all three.</summary>
    public float[] Channels(string key, float[] fallback, double minimum, double maximum)
    {
        if (!TryGet(key, out var value))
            return fallback;

        // The references disagree on 0: for OpenCLIP it is as good as missing.
        if (value.ValueKind == JsonValueKind.Number && value.GetDouble() is not 0 and var all
            && all >= minimum && all <= maximum)
        {
            return [(float)all, (float)all, (float)all];
        }

        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 3)
        {
            var numbers = value.EnumerateArray()
                .Where(item => item.ValueKind == JsonValueKind.Number)
                .Select(item => item.GetDouble())
                .Where(number => number >= minimum && number <= maximum)
                .Select(number => (float)number)
                .ToArray();
            if (numbers.Length == 3)
                return numbers;
        }

        AddError(key, $"must be three numbers from {minimum} to {maximum}, not {Show(value)}.");
        return fallback;
    }

    /// <summary>The side of a square: a number, or [height, width] with both the same.</summary>
    public int Square(string key, int minimum, int maximum, int? fallback)
    {
        if (!TryGet(key, out var value) || value.ValueKind != JsonValueKind.Array)
            return Integer(key, minimum, maximum, fallback);

        var sides = value.EnumerateArray().ToArray();
        if (sides is [{ ValueKind: JsonValueKind.Number }, { ValueKind: JsonValueKind.Number }]
            && sides[0].TryGetInt32(out var height) && sides[1].TryGetInt32(out var width)
            && height == width && height >= minimum && height <= maximum)
        {
            return height;
        }

        AddError(key, $"must be the side of a square from {minimum} to {maximum}, not {Show(value)}.");
        return fallback ?? minimum;
    }

    /// <summary>Accepts a key that would change the arithmetic only with values that do not.</summary>
    /// <param name="key">Null and false are always accepted.</param>
    /// <param name="harmless">Other accepted values as JSON writes them; "*" for any.</param>
    public void Harmless(string key, params ReadOnlySpan<string> harmless)
    {
        if (!TryGet(key, out var value) || IsOff(value) || harmless.Contains("*"))
            return;
        if (!harmless.Contains(value.GetRawText()))
            AddError(key, $"is {Show(value)}, which is not supported.");
    }

    /// <summary>Names the keys that nobody asked for, unless they are off: they could change the arithmetic.</summary>
    public void RefuseUnknownKeys()
    {
        if (_element is not { } element)
            return;

        foreach (var property in element.EnumerateObject())
        {
            if (!_known.Contains(property.Name) && !IsOff(property.Value))
                AddError(property.Name, $"is not a known setting (value: {Show(property.Value)}).");
        }
    }

    private static bool IsOff(JsonElement value) => value.ValueKind is JsonValueKind.Null or JsonValueKind.False;

    private static string Show(JsonElement value) => Quote(value.GetRawText());

    private string PathOf(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    private bool TryGet(string key, out JsonElement value)
    {
        _known.Add(key);
        value = default;
        return _element is { } element
            && element.TryGetProperty(key, out value)
            && value.ValueKind != JsonValueKind.Null;
    }
}
