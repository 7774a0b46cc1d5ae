using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// The current ids of label sets whose own <see cref="ClipLabels.Id"/> the server no longer knows: after a restart, or
/// since the model has another revision.
/// </summary>
internal sealed class LabelSetIds
{
    // With several replicas, every call may reach one that does not have the set that was created on another. Inline
    // labels work on each of them.
    private static readonly TimeSpan InlineFor = TimeSpan.FromMinutes(1);

    private readonly ConditionalWeakTable<ClipLabels, ConcurrentDictionary<string, Known>> _known = new();

    /// <summary>The id to send, or null to send the labels inline.</summary>
    public string? Find(ClipLabels labels, string model, DateTimeOffset now)
    {
        if (labels.Id is null || !_known.TryGetValue(labels, out var ids) || !ids.TryGetValue(model, out var known))
            return labels.Id;

        return now < known.InlineUntil ? null : known.Id;
    }

    /// <summary>The set was created again.</summary>
    public void Recreated(ClipLabels labels, string model, string id) =>
        _known.GetOrCreateValue(labels)[model] = new Known(id, DateTimeOffset.MinValue);

    /// <summary>The set was created again, and the call after that reached a server without it.</summary>
    public void NotShared(ClipLabels labels, string model, string id, DateTimeOffset now) =>
        _known.GetOrCreateValue(labels)[model] = new Known(id, now + InlineFor);

    private sealed record Known(string Id, DateTimeOffset InlineUntil);
}
