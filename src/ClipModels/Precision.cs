namespace ClipGrpc.Models;

/// <summary>How a tower's weights are held and multiplied.</summary>
internal enum Precision
{
    /// <summary>IEEE single, the reference.</summary>
    Fp32,

    /// <summary>
    /// IEEE half: weights, and the values between the products. Layer normalisation and softmax sum in float32, the
    /// projection to the shared space is float32. For GPUs; CPUs compute it in float32 and are slower for it.
    /// </summary>
    Fp16,

    /// <summary>
    /// The fp32 graph, whose products the device computes with factors of eight significant bits and sums in float32.
    /// For processors with instructions for it: through OpenVINO's plug-in, or the runtime's own kernels on ARM64.
    /// </summary>
    Bf16,

    /// <summary>
    /// Weights of patches and blocks as signed bytes with a scale per output, activations as bytes with one scale per
    /// batch and product, found at run time. For the CPU. An embedding depends a little on its batch.
    /// </summary>
    Int8,
}
