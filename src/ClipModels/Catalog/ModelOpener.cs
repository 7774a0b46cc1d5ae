using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Converted;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Models.Catalog;

/// <summary>Opens whatever a model's folder holds.</summary>
internal sealed class ModelOpener(ConvertedWeightsCache converted, DigestMemo memo) : IModelOpener
{
    // Prefers a checkpoint, because the graphs written for it are the fastest, over a pre-exported ONNX model.
    public ModelFiles Open(string folder, Precision precision)
    {
        try
        {
            return CheckpointFiles.FindWeights(folder) is null
                && PreExportedLayout.Detect(name => File.Exists(Path.Combine(folder, name))) is { } layout
                    ? new PreExportedModelFiles(folder, layout, precision, memo)
                    : new CheckpointModelFiles(ClipCheckpoint.Open(folder), folder, precision, converted, memo);
        }
        catch (ClipException exception) when (exception.Code == ClipErrorCode.InvalidInput)
        {
            // What looks unsound in the Hub's cache is mostly what a disk or an interrupted copy left.
            SnapshotVerifier.ThrowIfDamaged(folder);
            throw;
        }
    }
}
