using System.Text;
using System.Text.Json;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>
/// Reads <c>--classes FILE</c>, UTF-8: lines of <c>folder TAB label|label</c>, or a JSON object of folder → label or
/// [labels]. The order of the file is the order of the classes.
/// </summary>
internal static class ClassFile
{
    private const int FewestClasses = 2;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, true);

    /// <exception cref="CliException">The file cannot be read or is not of that form.</exception>
    public static IReadOnlyList<EvaluationClass> Read(string path)
    {
        var text = ReadText(path);
        var classes = text.AsSpan().TrimStart() is ['{', ..] ? ReadJson(path, text) : ReadLines(path, text);
        if (classes.Count < FewestClasses)
            throw Wrong(path, $"at least {FewestClasses} classes are required.");

        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (classes.Find(item => !seen.Add(item.Folder)) is { } twice)
            throw Wrong(path, $"duplicate folder '{twice.Folder}'.");
        return classes;
    }

    private static List<EvaluationClass> ReadLines(string path, string text)
    {
        var classes = new List<EvaluationClass>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (line.Split('\t', 2) is not [var folder, var labels])
                throw Wrong(path, $"line {number} has no tab between the folder and its label.");
            classes.Add(Create(path, $"line {number}", folder.Trim(), labels.Split('|')));
        }

        return classes;
    }

    private static List<EvaluationClass> ReadJson(string path, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return [.. document.RootElement.EnumerateObject().Select(property =>
                Create(path, $"'{property.Name}'", property.Name, LabelsOf(path, property)))];
        }
        catch (JsonException exception)
        {
            throw Wrong(path, $"it is not valid JSON (line {exception.LineNumber + 1}).", exception);
        }
    }

    private static string[] LabelsOf(string path, JsonProperty property) => property.Value switch
    {
        { ValueKind: JsonValueKind.String } label => [label.GetString()!],
        { ValueKind: JsonValueKind.Array } labels
            when labels.EnumerateArray().All(label => label.ValueKind == JsonValueKind.String) =>
            [.. labels.EnumerateArray().Select(label => label.GetString()!)],
        _ => throw Wrong(path, $"'{property.Name}' must have a label or an array of labels."),
    };

    private static EvaluationClass Create(string path, string place, string folder, string[] labels)
    {
        // A class is a folder in --images and nothing outside it.
        if (folder is "" or "." or ".." || folder.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
            throw Wrong(path, $"{place}: '{folder}' is not the name of a folder.");
        if (labels.Length == 0 || labels.Any(string.IsNullOrWhiteSpace))
            throw Wrong(path, $"{place}: a label is empty.");
        if (labels.Any(label => label.Trim().Any(char.IsControl)))
            throw Wrong(path, $"{place}: a label has a control character.");
        return new EvaluationClass(folder, [.. labels.Select(label => label.Trim())]);
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path, StrictUtf8);
        }
        catch (DecoderFallbackException exception)
        {
            throw Wrong(path, "it is not UTF-8.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Wrong(path, $"it cannot be read: {exception.Message}", exception);
        }
    }

    private static CliException Wrong(string path, string problem, Exception? cause = null) =>
        CliException.WrongUse($"--classes: {path}: {problem}", cause);
}
