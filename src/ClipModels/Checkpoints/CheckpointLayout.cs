namespace ClipGrpc.Models.Checkpoints;

/// <summary>Whose tensor names a checkpoint has.</summary>
internal enum CheckpointLayout
{
    OpenClip,
    Transformers,
}
