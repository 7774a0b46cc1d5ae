using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Converted;

namespace ClipGrpc.Models.Catalog;

/// <summary>Opens whatever a model's folder holds.</summary>
internal sealed class ModelOpener(ConvertedWeightsCache converted) : IModelOpener
{
    // A checkpoint where there is one, because the graphs written for it are the fastest; otherwise a pre-exported ONNX model.
    public ModelFiles Open(string folder, Precision precision)
    {
        return CheckpointFiles.ChooseWeights(Exists) is null && PreExportedLayout.Detect(Exists) is { } layout
            ? new PreExportedModelFiles(folder, layout, precision)
            : new CheckpointModelFiles(ClipCheckpoint.Open(folder), folder, precision, converted);

        bool Exists(string name) => File.Exists(Path.Combine(folder, name));
    }
}
