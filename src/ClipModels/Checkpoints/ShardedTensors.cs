using ClipGrpc.Models.Files;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Checkpoints;

/// <summary>Tensors spread over several files by an index (<c>model.safetensors.index.json</c> and the like).</summary>
internal sealed class ShardedTensors : ITensorSource
{
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
        var folder = Path.GetDirectoryName(Path.GetFullPath(indexPath))!;
        var index = ShardIndex.Read(indexPath);
        var tensors = new ShardedTensors(index.Name);
        try
        {
            foreach (var (tensor, file) in index.Entries)
                tensors.Add(tensor, file, folder, openShard);
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

    private void Add(string tensor, string file, string folder, Func<string, ITensorSource> openShard)
    {
        if (!_shards.TryGetValue(file, out var shard))
        {
            shard = openShard(Path.Combine(folder, file));
            _shards.Add(file, shard);
        }

        if (!shard.Names.Contains(tensor))
        {
            throw CheckpointErrors.Invalid(
                Description, $"tensor {CheckpointErrors.Quote(tensor)} is not in {CheckpointErrors.Quote(file)}.");
        }

        _shardOf.Add(tensor, shard);
    }

    private ITensorSource Find(string name) =>
        _shardOf.GetValueOrDefault(name)
        ?? throw CheckpointErrors.NotFound($"{Description} has no tensor {CheckpointErrors.Quote(name)}.");
}
