using System.Collections.Concurrent;
using Prometheus;

namespace ClipGrpc.Server.Telemetry;

/// <summary>
/// A counter with labels that every call counts in: a look-up takes no lock and no memory, as that by the text of
/// labels would.
/// </summary>
/// <param name="labels">The values of the labels for a key, of which there must be few.</param>
internal sealed class LabelledCounter<TKey>(Counter counter, Func<TKey, string[]> labels)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Counter.Child> _children = new();
    private readonly Func<TKey, Counter.Child> _create = key => counter.WithLabels(labels(key));

    public void Add(TKey key, double count = 1) => _children.GetOrAdd(key, _create).Inc(count);
}
