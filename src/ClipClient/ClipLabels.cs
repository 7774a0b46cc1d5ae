using System.Diagnostics;
using System.Globalization;
using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>Labels and the sentences they are put into; what an image is compared with.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClipLabels
{
    /// <summary>Where the label goes in a template.</summary>
    public const string Placeholder = LabelTemplate.Placeholder;

    /// <summary>Labels that travel with each call.</summary>
    /// <param name="labels">At least one, none empty, none twice.</param>
    /// <param name="templates">
    /// Sentences that hold <c>{}</c> once, where the label goes: <c>a photo of a {}</c>. None means the label alone.
    /// With several, a label's embedding is the normalised mean over its sentences.
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

    /// <summary>The labels, in the order that <see cref="ClipPrediction.Index"/> counts.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The sentences; may be empty.</summary>
    public IReadOnlyList<string> Templates { get; }

    /// <summary>
    /// What happens to a sentence (a label in a template) that has more tokens than the model's context; it is
    /// truncated by default. With <see cref="LongText.Reject"/>, one of them fails the call.
    /// </summary>
    public LongText LongText { get; init; }

    /// <summary>
    /// The id of the set at the server, from <see cref="ClipClient.CreateLabelSetAsync"/>; null for labels that travel
    /// with each call.
    /// </summary>
    public string? Id { get; }

    /// <summary>
    /// Number of sentences (labels in templates) that the server truncated to the model's context length when it made
    /// the set; 0 where <see cref="Id"/> is null.
    /// </summary>
    public int TruncatedSentences { get; }

    /// <summary>Whether a server takes a sentence as a template: it holds <see cref="Placeholder"/> once.</summary>
    /// <param name="sentence">The sentence.</param>
    public static bool IsTemplate(string sentence)
    {
        ArgumentNullException.ThrowIfNull(sentence);
        return LabelTemplate.FindProblem(sentence) is null;
    }

    /// <summary>How many labels and templates, and the id of the set.</summary>
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
