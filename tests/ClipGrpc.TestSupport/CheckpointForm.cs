namespace ClipGrpc.TestSupport;

/// <summary>How the Hub lays out a checkpoint: whose names, and which kind of file.</summary>
public enum CheckpointForm
{
    OpenClipSafetensors,
    OpenClipTorch,
    TransformersSafetensors,
    TransformersTorch,
}
