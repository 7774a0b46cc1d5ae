namespace ClipGrpc.Models.Checkpoints.PyTorch;

/// <summary>
/// A Python dict or OrderedDict with text keys. Empty ones, of which a hostile pickle makes many, stay small.
/// </summary>
internal sealed class PickleDictionary
{
    private Dictionary<string, object?>? _items;

    public IEnumerable<KeyValuePair<string, object?>> Items => _items ?? [];

    /// <summary>False where the key is there already.</summary>
    public bool TryAdd(string key, object? value) => (_items ??= new(StringComparer.Ordinal)).TryAdd(key, value);
}
