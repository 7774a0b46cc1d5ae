using System.Diagnostics;
using System.Globalization;
using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>Labels, and the templates that they are inserted into, to classify images against.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClipLabels
{
    /// <summary>The placeholder of the label in a template.</summary>
    public const string Placeholder = LabelTemplate.Placeholder;

    /// <summary>Creates labels that are sent with each call.</summary>
    /// <param name="labels">At least one label; labels must be unique and not empty.</param>
    /// <param name="templates">
    /// Sentences that contain <c>{}</c> exactly once, where the label is inserted: <c>a photo of a {}</c>. If there are
    /// none, the label itself is embedded. With several templates, the embedding of a label is the normalized mean of
    /// its sentence embeddings.
    /// </param>
    public ClipLabels(IEnumerable<string> labels, IEnumerable<string>? templates = null)
        : this(
            [.. Arguments.WithoutNull(labels)],
            [.. Arguments.WithoutNull(templates ?? [], nameof(templates))],
            null,
            0)
    {
    }

    private ClipLabels(
        IReadOnlyList<string> labels, IReadOnlyList<string> templates, string? id, int truncatedSentences)
    {
        Labels = labels;
        Templates = templates;
        Id = id;
        TruncatedSentences = truncatedSentences;
    }

    /// <summary>The labels. <see cref="ClipPrediction.Index"/> is an index of this list.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The templates; can be empty.</summary>
    public IReadOnlyList<string> Templates { get; }

    /// <summary>
    /// How to handle a sentence (a label in a template) that has more tokens than the model's context length. Default:
    /// it is truncated. With <see cref="LongText.Reject"/>, one of them fails the call.
    /// </summary>
    public LongText LongText { get; init; }

    /// <summary>
    /// The id of the label set at the server, from <see cref="ClipClient.CreateLabelSetAsync"/>, or null for labels
    /// that are sent with each call.
    /// </summary>
    public string? Id { get; }

    /// <summary>
    /// Number of sentences (labels in templates) that the server truncated to the model's context length when it
    /// created the label set; 0 if <see cref="Id"/> is null.
    /// </summary>
    public int TruncatedSentences { get; }

    /// <summary>Whether a sentence is a valid template: it contains <see cref="Placeholder"/> exactly once.</summary>
    /// <param name="sentence">The sentence.</param>
    public static bool IsTemplate(string sentence)
    {
        ArgumentNullException.ThrowIfNull(sentence);
        return LabelTemplate.FindProblem(sentence) is null;
    }

    /// <summary>Returns the number of labels and templates, and the id of the label set.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"labels: {Labels.Count}, templates: {Templates.Count}{(Id is null ? "" : $", id: {Excerpt.Of(Id, 12)}")}");

    internal ClipLabels WithId(string id, int truncatedSentences) =>
        new(Labels, Templates, id, truncatedSentences) { LongText = LongText };

    internal V1.LabelSet ToMessage() => new()
    {
        Labels = { Labels },
        Templates = { Templates },
        LongText = LongText.ToWire(),
    };
}
