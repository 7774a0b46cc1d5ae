namespace ClipGrpc.Server.Models;

/// <summary>Whose tensor names a checkpoint has.</summary>
internal enum CheckpointLayout
{
    OpenClip,
    Transformers,
}
