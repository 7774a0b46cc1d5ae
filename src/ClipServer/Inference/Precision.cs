namespace ClipGrpc.Server.Inference;

/// <summary>How a tower's weights are held and multiplied.</summary>
internal enum Precision
{
    /// <summary>IEEE single, the reference.</summary>
    Fp32,
}
