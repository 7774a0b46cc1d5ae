using ClipGrpc.Serving;
using ClipGrpc.Serving.Labels;

namespace ClipGrpc.Server.Rpc;

/// <summary>Validates the labels and templates of a request.</summary>
internal static class LabelSetReader
{
    public static LabelSetDefinition Read(V1.LabelSet? set, string field, LimitOptions limits)
    {
        EmbedSettings.ReadLongText(set?.LongText ?? default, field);
        return Read(
            set?.Labels ?? [], $"{field}.labels", set?.Templates ?? [], $"{field}.templates", limits);
    }

    /// <summary>Validates labels and templates in fields with other names.</summary>
    public static LabelSetDefinition Read(
        IReadOnlyList<string> labels, string labelsField, IReadOnlyList<string> templates, string templatesField,
        LimitOptions limits)
    {
        if (labels.Count == 0)
            throw InputReader.Missing(labelsField, "The list is empty; at least one label is required.");
        CheckCount(labels.Count, limits.MaxLabels, labelsField);
        CheckCount(templates.Count, limits.MaxTemplates, templatesField);
        var sentences = (long)labels.Count * Math.Max(1, templates.Count);
        if (sentences > limits.MaxLabelSentences)
        {
            throw InputReader.OverLimit(
                ClipErrorReason.TooManyElements,
                labelsField,
                $"{labels.Count:N0} labels × {Math.Max(1, templates.Count):N0} templates are more than the maximum of "
                + $"{limits.MaxLabelSentences:N0} sentences.",
                limits.MaxLabelSentences,
                sentences);
        }

        CheckLabels(labels, labelsField, limits);
        for (var i = 0; i < templates.Count; i++)
            CheckTemplate(templates[i], $"{templatesField}[{i}]", limits);
        return new LabelSetDefinition([.. labels], templates.Count == 0 ? [LabelTemplate.Placeholder] : [.. templates]);
    }

    /// <summary>Rejects an embedded set with truncated sentences if the request does not allow them.</summary>
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
            + "LONG_TEXT_TRUNCATE.",
            ClipErrorReason.TooManyTokens);
    }

    private static void CheckLabels(IReadOnlyList<string> labels, string field, LimitOptions limits)
    {
        var seen = new Dictionary<string, int>(labels.Count);
        for (var i = 0; i < labels.Count; i++)
        {
            CheckLength(labels[i], limits.MaxTextChars, $"{field}[{i}]");
            var form = LabelSetDefinition.ReadableForm(labels[i]);
            if (form.Length == 0)
                throw InputReader.Missing($"{field}[{i}]", "The label is empty.");
            if (!seen.TryAdd(form, i))
            {
                var first = $"{field[(field.LastIndexOf('.') + 1)..]}[{seen[form]}]";
                throw InputReader.Invalid(
                    $"{field}[{i}]", $"duplicate of {first} (\"{Excerpt.Of(labels[seen[form]])}\").",
                    ClipErrorReason.DuplicateLabel);
            }
        }
    }

    private static void CheckTemplate(string template, string field, LimitOptions limits)
    {
        CheckLength(template, limits.MaxTextChars, field);
        if (LabelTemplate.FindProblem(template) is { } problem)
            throw InputReader.Invalid(field, problem, ClipErrorReason.InvalidTemplate);
    }

    private static void CheckCount(int count, int most, string field)
    {
        if (count > most)
            throw InputReader.TooMany(field, count, most);
    }

    private static void CheckLength(string text, int most, string field)
    {
        if (text.Length > most)
        {
            throw InputReader.OverLimit(
                ClipErrorReason.TextTooLong, field,
                $"It has {text.Length:N0} characters; the maximum is {most:N0}.", most, text.Length);
        }
    }
}
