using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Serving;

/// <summary>Values by key, bounded by bytes: the least recently used ones leave first. Thread-safe.</summary>
/// <param name="maxBytes">The bound.</param>
/// <param name="sizeOf">Bytes of an entry; must not change while it is kept.</param>
/// <param name="keepsOversized">
/// What happens to an entry that alone is over the bound: it is kept alone, or not kept and drops nothing.
/// </param>
internal sealed class BoundedCache<TKey, TValue>(
    long maxBytes, Func<TKey, TValue, long> sizeOf, bool keepsOversized = false)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, LinkedListNode<KeyValuePair<TKey, TValue>>> _nodes = [];
    private readonly LinkedList<KeyValuePair<TKey, TValue>> _byUse = []; // most recent first
    private long _bytes;

    public int Count
    {
        get
        {
            lock (_lock)
                return _nodes.Count;
        }
    }

    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(key, out var node))
            {
                value = default;
                return false;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            value = node.Value.Value;
            return true;
        }
    }

    public void Set(TKey key, TValue value)
    {
        var bytes = sizeOf(key, value);
        if (bytes > maxBytes && !keepsOversized)
            return;

        lock (_lock)
        {
            if (_nodes.TryGetValue(key, out var old))
                Remove(old);
            while (_bytes + bytes > maxBytes && _byUse.Last is { } last)
                Remove(last);

            _nodes[key] = _byUse.AddFirst(KeyValuePair.Create(key, value));
            _bytes += bytes;
        }
    }

    /// <summary>The values, most recently used first.</summary>
    public IReadOnlyList<TValue> ToList()
    {
        lock (_lock)
            return [.. _byUse.Select(entry => entry.Value)];
    }

    private void Remove(LinkedListNode<KeyValuePair<TKey, TValue>> node)
    {
        _nodes.Remove(node.Value.Key);
        _byUse.Remove(node);
        _bytes -= sizeOf(node.Value.Key, node.Value.Value);
    }
}
