using ClipGrpc.Serving;
using ClipGrpc.Serving.Labels;

namespace ClipGrpc.Server.Rpc;

/// <summary>Checks labels and templates of a request.</summary>
internal static class LabelSetReader
{
    public static LabelSetDefinition Read(V1.LabelSet? set, string field, LimitOptions limits)
    {
        if (set is null || set.Labels.Count == 0)
            throw InputReader.Invalid($"{field}.labels", "At least one label is needed.");
        CheckCount(set.Labels.Count, limits.MaxLabels, $"{field}.labels");
        CheckCount(set.Templates.Count, limits.MaxTemplates, $"{field}.templates");
        var templates = Math.Max(1, set.Templates.Count);
        if ((long)set.Labels.Count * templates > limits.MaxLabelSentences)
        {
            throw InputReader.Invalid(
                field,
                $"{set.Labels.Count:N0} labels in {templates:N0} templates are more than the maximum of "
                + $"{limits.MaxLabelSentences:N0} sentences.");
        }

        EmbedSettings.ReadLongText(set.LongText, field);
        var seen = new Dictionary<string, int>(set.Labels.Count);
        for (var i = 0; i < set.Labels.Count; i++)
        {
            var label = set.Labels[i];
            CheckLength(label, limits.MaxTextChars, $"{field}.labels[{i}]");
            var form = LabelSetDefinition.ReadableForm(label);
            if (form.Length == 0)
                throw InputReader.Invalid($"{field}.labels[{i}]", "The label is empty.");
            if (!seen.TryAdd(form, i))
            {
                throw InputReader.Invalid(
                    $"{field}.labels[{i}]",
                    $"duplicate of labels[{seen[form]}] (\"{Excerpt.Of(set.Labels[seen[form]])}\").");
            }
        }

        for (var i = 0; i < set.Templates.Count; i++)
            CheckTemplate(set.Templates[i], $"{field}.templates[{i}]", limits);
        return new LabelSetDefinition(
            [.. set.Labels], set.Templates.Count == 0 ? [LabelTemplate.Placeholder] : [.. set.Templates]);
    }

    /// <summary>Refuses an embedded set with truncated sentences if the request does not allow them.</summary>
    public static void CheckTruncated(LabelSet embedded, V1.LabelSet set, string field)
    {
        if (set.LongText != V1.LongText.Reject || embedded.TruncatedSentences == 0)
            return;

        var templates = embedded.Definition.Templates.Count;
        var (label, template) = (
            embedded.FirstTruncatedSentence / templates, embedded.FirstTruncatedSentence % templates);
        throw InputReader.Invalid(
            $"{field}.labels[{label}]",
            (set.Templates.Count > 0 ? $"In templates[{template}] the label" : "The label")
            + $" has more tokens than the model's context; {embedded.TruncatedSentences:N0} of "
            + $"{embedded.Definition.SentenceCount:N0} sentences have. Shorten them, or set long_text to "
            + "LONG_TEXT_TRUNCATE.");
    }

    private static void CheckTemplate(string template, string field, LimitOptions limits)
    {
        CheckLength(template, limits.MaxTextChars, field);
        if (LabelTemplate.FindProblem(template) is { } problem)
            throw InputReader.Invalid(field, problem);
    }

    private static void CheckCount(int count, int most, string field)
    {
        if (count > most)
            throw InputReader.TooMany(field, count, most);
    }

    private static void CheckLength(string text, int most, string field)
    {
        if (text.Length > most)
            throw InputReader.Invalid(field, $"It has {text.Length:N0} characters; at most {most:N0} are taken.");
    }
}
