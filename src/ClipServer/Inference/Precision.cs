namespace ClipGrpc.Server.Inference;

/// <summary>How a tower's weights are held and multiplied.</summary>
internal enum Precision
{
    /// <summary>IEEE single, the reference.</summary>
    Fp32,

    /// <summary>
    /// Weights of the blocks as signed bytes with a scale per output, activations as bytes with one scale per batch and
    /// product, found at run time. For the CPU. An embedding depends a little on its batch.
    /// </summary>
    Int8,
}
