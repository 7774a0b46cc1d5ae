using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Serving.Labels;

/// <summary>
/// The label sets that were embedded lately, by id: the least recently used leave when the store is over its limit. One
/// that is larger than the whole store is kept alone.
/// </summary>
internal sealed class LabelSetStore(long maxBytes)
{
    private readonly BoundedCache<string, LabelSet> _sets = new(
        maxBytes, (_, set) => set.Bytes, keepsOversized: true);

    public bool TryGet(string id, [NotNullWhen(true)] out LabelSet? set) => _sets.TryGet(id, out set);

    public void Add(LabelSet set) => _sets.Set(set.Id, set);

    /// <summary>Ids of the sets that a model can use, most recently used first.</summary>
    public IReadOnlyList<string> IdsOf(string modelIdentity) =>
        [.. _sets.ToList().Where(set => set.ModelIdentity == modelIdentity).Select(set => set.Id)];
}
