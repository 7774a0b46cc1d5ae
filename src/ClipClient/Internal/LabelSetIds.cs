using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// The ids that label sets have by now, where the server no longer knows the one that <see cref="ClipLabels"/> carry:
/// after a restart, or with another revision of the model.
/// </summary>
internal sealed class LabelSetIds
{
    // With several replicas a set is made at one and asked for at another, call after call. Inline labels work at each,
    // and are cheap at a server that has embedded them before.
    private static readonly TimeSpan InlineFor = TimeSpan.FromMinutes(1);

    private readonly ConditionalWeakTable<ClipLabels, ConcurrentDictionary<string, Known>> _known = [];

    /// <summary>The id to send, or null when the labels are to travel inline.</summary>
    public string? Find(ClipLabels labels, string model, DateTimeOffset now)
    {
        if (labels.Id is null || !_known.TryGetValue(labels, out var ids) || !ids.TryGetValue(model, out var known))
            return labels.Id;

        return now < known.InlineUntil ? null : known.Id;
    }

    /// <summary>The set was made again.</summary>
    public void Recreated(ClipLabels labels, string model, string id) =>
        _known.GetOrCreateValue(labels)[model] = new Known(id, DateTimeOffset.MinValue);

    /// <summary>The set was made again, and the next call met a server that does not know it.</summary>
    public void NotShared(ClipLabels labels, string model, string id, DateTimeOffset now) =>
        _known.GetOrCreateValue(labels)[model] = new Known(id, now + InlineFor);

    private sealed record Known(string Id, DateTimeOffset InlineUntil);
}
