using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Converted;

namespace ClipGrpc.Models.Catalog;

/// <summary>Opens whatever a model's folder holds.</summary>
internal sealed class ModelPackages(PreparedStore prepared) : IModelPackages
{
    // A checkpoint where there is one, because the graphs written for it are the fastest; or else ready-made towers.
    public IModelPackage Open(string folder, Precision precision)
    {
        return CheckpointFiles.ChooseWeights(Exists) is null && ReadyLayout.Detect(Exists) is { } layout
            ? new ReadyPackage(folder, layout, precision)
            : new CheckpointPackage(ClipCheckpoint.Open(folder), folder, precision, prepared);

        bool Exists(string name) => File.Exists(Path.Combine(folder, name));
    }
}
