using System.Text;

namespace ClipGrpc.Models.Files;

/// <summary>
/// The errors of reading a checkpoint. They name the file, never its path, and quote untrusted text safely.
/// </summary>
internal static class CheckpointErrors
{
    private const int QuotedLength = 120;

    public static ClipException Invalid(string file, string problem, Exception? cause = null) =>
        new(ClipErrorReason.InvalidModel, $"{file}: {problem}", cause);

    public static ClipException NotFound(string message) => new(ClipErrorReason.ModelSourceNotFound, message);

    /// <summary>Text from a file, in quotes: cut to a readable length, control characters as '?'.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, QuotedLength)))
            quoted.Append(char.IsControl(character) || char.IsSurrogate(character) ? '?' : character);
        return quoted.Append(text.Length > QuotedLength ? "…'" : "'").ToString();
    }

    public static string Format(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    /// <summary>All problems in one message, one per line, capped so that a hopeless file stays readable.</summary>
    public static string List(string heading, IReadOnlyCollection<string> problems)
    {
        const int shown = 40;
        var text = new StringBuilder(heading);
        foreach (var problem in problems.Take(shown))
            text.Append("\n  ").Append(problem);
        if (problems.Count > shown)
            text.Append("\n  … and ").Append(problems.Count - shown).Append(" more");
        return text.ToString();
    }
}
