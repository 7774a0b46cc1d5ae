using ClipGrpc.Server.Models.Configuration;

namespace ClipGrpc.Server.Models.Hub;

/// <summary>What a snapshot folder already has.</summary>
internal static class SnapshotFiles
{
    /// <summary>Whether a model can be read from it: weights with all their parts, and a configuration.</summary>
    public static bool IsUsable(string snapshot) =>
        FindWeights(snapshot) is not null
        && (CacheFile.Exists(Path.Combine(snapshot, OpenClipConfig.FileName))
            || CacheFile.Exists(Path.Combine(snapshot, TransformersConfig.FileName)));

    /// <summary>The best weights that are there with all their parts; null where there are none.</summary>
    public static string? FindWeights(string snapshot) => CheckpointFiles.ChooseWeights(name =>
    {
        var path = Path.Combine(snapshot, name);
        return CacheFile.Exists(path) && (!CheckpointFiles.IsIndex(name) || HasShards(path));
    });

    private static bool HasShards(string index)
    {
        var folder = Path.GetDirectoryName(index)!;
        return ShardIndex.Read(index).Files.All(shard => CacheFile.Exists(Path.Combine(folder, shard)));
    }
}
