namespace ClipGrpc.Tests.Architecture;

/// <summary>Which nodes use which, with an example of each use.</summary>
internal sealed class DependencyGraph
{
    private readonly SortedSet<string> _nodes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(string From, string To), string> _edges = [];

    public IReadOnlyCollection<(string From, string To)> Edges => _edges.Keys;

    public IReadOnlyCollection<string> Nodes => _nodes;

    public void AddNode(string node) => _nodes.Add(node);

    /// <param name="example">What uses what, for the message of a test.</param>
    public void Add(string from, string to, string example)
    {
        AddNode(from);
        AddNode(to);
        if (from != to)
            _edges.TryAdd((from, to), example);
    }

    /// <summary>The edges that lead back to where they come from, each with its example.</summary>
    public IReadOnlyList<string> FindCycles() =>
    [
        .. _edges.Where(edge => Reaches(edge.Key.To, edge.Key.From, null))
            .Select(edge => $"{edge.Key.From} -> {edge.Key.To} ({edge.Value})"),
    ];

    /// <summary>The edges that no longer way replaces: those worth drawing.</summary>
    public IEnumerable<(string From, string To)> Reduce() =>
        _edges.Keys.Where(edge => !Reaches(edge.From, edge.To, edge));

    private bool Reaches(string from, string to, (string, string)? without)
    {
        var seen = new HashSet<string> { from };
        var open = new Stack<string>(seen);
        while (open.TryPop(out var node))
        {
            foreach (var edge in _edges.Keys)
            {
                if (edge.From != node || edge == without)
                    continue;
                if (edge.To == to)
                    return true;
                if (seen.Add(edge.To))
                    open.Push(edge.To);
            }
        }

        return false;
    }
}
