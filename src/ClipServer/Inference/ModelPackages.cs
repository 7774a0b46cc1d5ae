using ClipGrpc.Server.Inference.ReadyMade;
using ClipGrpc.Server.Models;
using ClipGrpc.Server.Models.Prepared;

namespace ClipGrpc.Server.Inference;

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
