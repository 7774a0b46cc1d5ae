using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Serving.Labels;

/// <summary>
/// The label sets that were embedded lately, by id: the least recently used leave when the store is over its limit.
/// </summary>
internal sealed class LabelSetStore(long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<LabelSet>> _sets = [];
    private readonly LinkedList<LabelSet> _byUse = [];
    private long _bytes;

    public bool TryGet(string id, [NotNullWhen(true)] out LabelSet? set)
    {
        lock (_lock)
        {
            if (!_sets.TryGetValue(id, out var node))
            {
                set = null;
                return false;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            set = node.Value;
            return true;
        }
    }

    /// <summary>Adds a set. One that is larger than the whole store is kept alone.</summary>
    public void Add(LabelSet set)
    {
        lock (_lock)
        {
            if (_sets.ContainsKey(set.Id))
                return;

            _sets[set.Id] = _byUse.AddFirst(set);
            _bytes += set.Bytes;
            while (_bytes > maxBytes && _byUse.Count > 1)
            {
                var oldest = _byUse.Last!.Value;
                _byUse.RemoveLast();
                _sets.Remove(oldest.Id);
                _bytes -= oldest.Bytes;
            }
        }
    }

    /// <summary>Ids of the sets that a model can use, most recently used first.</summary>
    public IReadOnlyList<string> IdsOf(string modelIdentity)
    {
        lock (_lock)
            return [.. _byUse.Where(set => set.ModelIdentity == modelIdentity).Select(set => set.Id)];
    }
}
