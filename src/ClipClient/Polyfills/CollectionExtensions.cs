using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Client;

internal static class CollectionExtensions
{
    public static void Deconstruct<TKey, TValue>(
        this KeyValuePair<TKey, TValue> pair, out TKey key, out TValue value) =>
        (key, value) = (pair.Key, pair.Value);

    public static TValue? GetValueOrDefault<TKey, TValue>(this IDictionary<TKey, TValue> dictionary, TKey key) =>
        dictionary.TryGetValue(key, out var value) ? value : default;

    public static Dictionary<TKey, TValue> ToDictionary<TKey, TValue>(
        this IEnumerable<KeyValuePair<TKey, TValue>> pairs)
        where TKey : notnull =>
        pairs.ToDictionary(pair => pair.Key, pair => pair.Value);

    public static HashSet<T> ToHashSet<T>(this IEnumerable<T> items) => new(items);

    public static bool TryDequeue<T>(this Queue<T> queue, [NotNullWhen(true)] out T? item)
    {
        item = queue.Count > 0 ? queue.Dequeue() : default;
        return item is not null;
    }

    public static bool TryPeek<T>(this Queue<T> queue, [NotNullWhen(true)] out T? item)
    {
        item = queue.Count > 0 ? queue.Peek() : default;
        return item is not null;
    }
}
