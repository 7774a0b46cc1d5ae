namespace ClipGrpc;

/// <summary>The rule for templates: a sentence with the placeholder for the label exactly once.</summary>
internal static class LabelTemplate
{
    public const string Placeholder = "{}";

    /// <summary>Why a sentence is not a template, or null when it is one.</summary>
    public static string? FindProblem(string sentence)
    {
        var index = sentence.IndexOf(Placeholder, StringComparison.Ordinal);
        if (index < 0)
            return "The template has no {} for the label.";

        return sentence.IndexOf(Placeholder, index + Placeholder.Length, StringComparison.Ordinal) < 0
            ? null
            : "The template has more than one {}.";
    }
}
