using System.Text.Json;
using static ClipGrpc.Server.Models.CheckpointErrors;

namespace ClipGrpc.Server.Models;

/// <summary>Tensors spread over several files by an index (<c>model.safetensors.index.json</c> and the like).</summary>
internal sealed class ShardedTensors : ITensorSource
{
    private const int MaxShards = 1000;

    private readonly Dictionary<string, ITensorSource> _shardOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ITensorSource> _shards = new(StringComparer.Ordinal);

    private ShardedTensors(string indexName) => Description = indexName;

    public string Description { get; }

    public IReadOnlyCollection<string> Files => [Description, .. _shards.Keys];

    public IReadOnlyCollection<string> Names => _shardOf.Keys;

    /// <summary>Opens the index and every file it names, each of which lies beside it.</summary>
    /// <exception cref="ClipException">The index or a file of it is not sound, or a file is missing.</exception>
    public static ShardedTensors Open(string indexPath, Func<string, ITensorSource> openShard)
    {
        var name = Path.GetFileName(indexPath);
        var folder = Path.GetDirectoryName(Path.GetFullPath(indexPath))!;
        using var index = JsonFile.Read(indexPath, JsonFile.IndexLimit);
        var tensors = new ShardedTensors(name);
        try
        {
            if (!index.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
                throw Invalid(name, "there is no object 'weight_map'.");

            foreach (var entry in map.EnumerateObject())
                tensors.Add(entry, folder, openShard);
            return tensors;
        }
        catch
        {
            tensors.Dispose();
            throw;
        }
    }

    public TensorInfo Describe(string name) => Find(name).Describe(name);

    public TensorView Get(string name) => Find(name).Get(name);

    public void Dispose()
    {
        foreach (var shard in _shards.Values)
            shard.Dispose();
    }

    private void Add(JsonProperty entry, string folder, Func<string, ITensorSource> openShard)
    {
        var file = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
        var what = $"tensor {Quote(entry.Name)}";
        if (file.Length == 0 || file is "." or ".." || file.AsSpan().IndexOfAny("/\\:\0") >= 0)
            throw Invalid(Description, $"{what} is not in a file of this folder: {Quote(file)}.");

        if (!_shards.TryGetValue(file, out var shard))
        {
            if (_shards.Count == MaxShards)
                throw Invalid(Description, $"more than {MaxShards} files.");
            shard = openShard(Path.Combine(folder, file));
            _shards.Add(file, shard);
        }

        if (!shard.Names.Contains(entry.Name))
            throw Invalid(Description, $"{what} is not in {Quote(file)}.");
        _shardOf.Add(entry.Name, shard);
    }

    private ITensorSource Find(string name) =>
        _shardOf.GetValueOrDefault(name)
        ?? throw NotFound($"{Description} has no tensor {Quote(name)}.");
}
