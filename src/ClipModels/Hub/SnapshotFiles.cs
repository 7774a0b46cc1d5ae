using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;

namespace ClipGrpc.Models.Hub;

/// <summary>What a snapshot folder already has.</summary>
internal static class SnapshotFiles
{
    /// <summary>
    /// Whether a model can be read from it: weights with all their parts, or both towers of a pre-exported ONNX model
    /// of the precision; and a configuration.
    /// </summary>
    public static bool IsUsable(string snapshot, Precision precision) =>
        (FindWeights(snapshot) is not null || FindTowers(snapshot, precision) is not null)
        && (Has(snapshot, OpenClipConfig.FileName) || Has(snapshot, TransformersConfig.FileName));

    /// <summary>The best weights present with all their parts and both towers; null if there are none.</summary>
    public static string? FindWeights(string snapshot) => CheckpointFiles.ChooseWeights(
        name => Has(snapshot, name) && (!CheckpointFiles.IsIndex(name) || HasShards(Path.Combine(snapshot, name)))
            && !CheckpointFiles.IsOneTower(Path.Combine(snapshot, name)));

    /// <summary>The best pre-exported towers of a precision that are there; null where there are none.</summary>
    public static (string Image, string Text)? FindTowers(string snapshot, Precision precision) =>
        PreExportedLayout.Detect(name => Has(snapshot, name))?.Find(name => Has(snapshot, name), precision);

    /// <summary>
    /// The file that would be served: weights, otherwise a pre-exported image tower; null if neither exists.
    /// </summary>
    public static string? FindServed(string snapshot) => FindWeights(snapshot)
        ?? Enum.GetValues<Precision>().Select(precision => FindTowers(snapshot, precision)?.Image)
            .FirstOrDefault(tower => tower is not null);

    private static bool Has(string snapshot, string name) => CacheFile.Exists(Path.Combine(snapshot, name));

    private static bool HasShards(string index)
    {
        var folder = Path.GetDirectoryName(index)!;
        return ShardIndex.Read(index).Files.All(shard => Has(folder, shard));
    }
}
