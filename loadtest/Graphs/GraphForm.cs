using ClipGrpc.Models.Graphs;


namespace ClipGrpc.LoadTest.Graphs;

/// <summary>How attention is written.</summary>
internal enum AttentionForm
{
    /// <summary>com.microsoft MultiHeadAttention, which adds the biases.</summary>
    MultiHead,

    /// <summary>The same, with the biases added before it.</summary>
    MultiHeadAfterBias,

    /// <summary>com.microsoft Attention (int8: QAttention), which also projects to query, key and value.</summary>
    Whole,

    /// <summary>MatMul, Softmax, MatMul.</summary>
    Plain,
}

/// <summary>How the activation between the two halves of the MLP is written.</summary>
internal enum ActivationForm
{
    /// <summary>BiasGelu or QuickGelu, as the model asks for.</summary>
    Fused,

    /// <summary>Gelu, after a product that adds the bias.</summary>
    FusedAfterBias,

    /// <summary>FastGelu: by tanh, an approximation.</summary>
    Fast,

    /// <summary>Erf or Sigmoid, and what is around them.</summary>
    Plain,
}

/// <summary>How the products with weights are written.</summary>
internal enum ProductForm
{
    /// <summary>FusedMatMul with transB, over weights as the checkpoint has them.</summary>
    FusedMatMul,

    /// <summary>MatMul, over transposed weights.</summary>
    MatMul,

    /// <summary>Gemm with transB, which also adds the bias.</summary>
    Gemm,

    /// <summary>int8: DynamicQuantizeMatMul; query, key and value by MatMulIntegerToFloat from an input quantised once.</summary>
    BytesShared,

    /// <summary>int8: DynamicQuantizeMatMul everywhere.</summary>
    BytesEach,

    /// <summary>int8: DynamicQuantizeLinear, MatMulInteger, Cast and Mul, as ONNX Runtime's quantiser writes them.</summary>
    BytesPlain,
}

/// <summary>How patches are embedded.</summary>
internal enum PatchForm
{
    /// <summary>Bytes, cast to floats, FusedMatMul.</summary>
    Cast,

    /// <summary>Bytes by int8 weights, MatMulIntegerToFloat.</summary>
    Bytes,

    /// <summary>Conv of normalised floats, NCHW.</summary>
    Convolution,
}

/// <summary>One of the ways to write the towers. All give the same embeddings, but for rounding and where said.</summary>
internal sealed record GraphForm(string Name)
{
    public PatchForm Patches { get; init; }

    public AttentionForm Attention { get; init; }

    public ActivationForm Activation { get; init; }

    public ProductForm Product { get; init; }

    /// <summary>Query, key and value by one product and Split, not by three products.</summary>
    public bool StackedProjection { get; init; }

    /// <summary>SkipLayerNormalization, not Add and LayerNormalization.</summary>
    public bool FusedNorm { get; init; }

    /// <summary>Tokens as rows [n · tokens, width], not [n, tokens, width].</summary>
    public bool Rows { get; init; }

    /// <summary>The last block computes every token, although one is read.</summary>
    public bool AllTokens { get; init; }

    /// <summary>int8: weights of seven bits.</summary>
    public bool ReducedRange { get; init; }

    /// <summary>As an export's are, weights can be read while the runtime loads: Conv asks for that.</summary>
    public int LargestInlineBytes => Patches == PatchForm.Convolution ? int.MaxValue : GraphBuilder.SmallConstants;

    public bool IsInt8 => Product >= ProductForm.BytesShared;

    /// <summary>
    /// What torch.onnx writes of OpenCLIP: normalised floats and Conv, MatMul and Add over transposed weights, attention
    /// of Split, Reshape, Transpose and Softmax, Erf or Sigmoid, all tokens through the last block.
    /// </summary>
    public static GraphForm Export { get; } = new("plain export")
    {
        Patches = PatchForm.Convolution,
        Attention = AttentionForm.Plain,
        Activation = ActivationForm.Plain,
        Product = ProductForm.MatMul,
        StackedProjection = true,
        AllTokens = true,
    };
}
