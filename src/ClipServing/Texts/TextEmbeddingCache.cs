using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Serving.Texts;

/// <summary>The embeddings of one variant's recent texts, least recently used out first, bounded by bytes.</summary>
internal sealed class TextEmbeddingCache(long maxBytes)
{
    /// <summary>
    /// Objects around a text and its floats, 64-bit: string 22, array 24, record 40, list node 48, pair 24, dictionary
    /// entry and bucket at its usual load about 60.
    /// </summary>
    private const int Overhead = 220;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _nodes = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = new(); // most recent first
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

    public bool TryGet(string text, [NotNullWhen(true)] out CachedText? cached)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(text, out var node))
            {
                cached = null;
                return false;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            cached = node.Value.Cached;
            return true;
        }
    }

    /// <summary>Keeps a text's embedding, unless it alone is over the bound.</summary>
    public void Set(string text, CachedText cached)
    {
        var bytes = BytesOf(text, cached);
        if (bytes > maxBytes)
            return;
        lock (_lock)
        {
            if (_nodes.Remove(text, out var old))
                Forget(old);
            while (_bytes + bytes > maxBytes && _byUse.Last is { } last)
            {
                _nodes.Remove(last.Value.Text);
                Forget(last);
            }

            _nodes[text] = _byUse.AddFirst(new Entry(text, cached));
            _bytes += bytes;
        }
    }

    private void Forget(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _bytes -= BytesOf(node.Value.Text, node.Value.Cached);
    }

    private static long BytesOf(string text, CachedText cached) =>
        Overhead + sizeof(char) * (long)text.Length + sizeof(float) * (long)cached.Embedding.Length;

    private readonly record struct Entry(string Text, CachedText Cached);
}
