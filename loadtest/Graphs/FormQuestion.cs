using ClipGrpc.Models.Configuration;


namespace ClipGrpc.LoadTest.Graphs;

/// <summary>Forms that are measured against each other; the first is the one that the others are held against.</summary>
internal sealed record FormQuestion(string Name, params GraphForm[] Forms)
{
    private static readonly GraphForm Fp32 = new("as served");

    private static readonly GraphForm Int8 = new("as served")
    {
        Product = ProductForm.BytesShared,
        Activation = ActivationForm.FusedAfterBias,
        Patches = PatchForm.Bytes,
    };

    /// <summary>Models with QuickGELU have another activation.</summary>
    public bool QuickGelu { get; init; }

    public bool ImagesOnly { get; init; }

    public static IReadOnlyList<FormQuestion> All { get; } =
    [
        new("attention", Fp32,
            Fp32 with { Name = "MultiHeadAttention after the bias", Attention = AttentionForm.MultiHeadAfterBias },
            Fp32 with { Name = "Attention", Attention = AttentionForm.Whole },
            Fp32 with { Name = "plain", Attention = AttentionForm.Plain }),
        new("layer norm", Fp32,
            Fp32 with { Name = "SkipLayerNormalization", FusedNorm = true },
            Fp32 with { Name = "Add + LayerNormalization, rows", Rows = true }),
        new("activation", Fp32,
            Fp32 with { Name = "Gelu after the bias", Activation = ActivationForm.FusedAfterBias },
            Fp32 with { Name = "FastGelu (approximate)", Activation = ActivationForm.Fast },
            Fp32 with { Name = "Erf", Activation = ActivationForm.Plain }),
        new("activation, QuickGELU", Fp32, Fp32 with { Name = "Sigmoid", Activation = ActivationForm.Plain })
        {
            QuickGelu = true,
        },
        new("product", Fp32,
            Fp32 with { Name = "MatMul, transposed weights", Product = ProductForm.MatMul },
            Fp32 with { Name = "Gemm, rows", Product = ProductForm.Gemm, Rows = true }),
        new("query, key, value", Fp32, Fp32 with { Name = "one product and Split", StackedProjection = true }),
        new("last block", Fp32, Fp32 with { Name = "all tokens", AllTokens = true }),
        new("whole graph", Fp32, GraphForm.Export),
        new("int8: product", Int8,
            Int8 with { Name = "DynamicQuantizeMatMul everywhere", Product = ProductForm.BytesEach },
            Int8 with { Name = "one product and Split", StackedProjection = true },
            Int8 with { Name = "MatMulInteger, Cast, Mul", Product = ProductForm.BytesPlain },
            Int8 with { Name = "weights of 7 bits", ReducedRange = true }),
        new("int8: attention", Int8,
            Int8 with { Name = "MultiHeadAttention after the bias", Attention = AttentionForm.MultiHeadAfterBias },
            Int8 with { Name = "QAttention", Attention = AttentionForm.Whole },
            Int8 with { Name = "plain", Attention = AttentionForm.Plain }),
        new("int8: layer norm", Int8,
            Int8 with { Name = "SkipLayerNormalization", FusedNorm = true },
            Int8 with { Name = "Add + LayerNormalization, rows", Rows = true }),
        new("int8: activation", Int8,
            Int8 with { Name = "BiasGelu", Activation = ActivationForm.Fused },
            Int8 with { Name = "FastGelu (approximate)", Activation = ActivationForm.Fast }),
        new("int8: patches", Int8, Int8 with { Name = "cast to floats, FusedMatMul", Patches = PatchForm.Cast })
        {
            ImagesOnly = true,
        },
        new("int8: whole graph", Int8, GraphForm.Export),
    ];

    /// <summary>The configuration whose towers are written.</summary>
    public ClipConfig Of(ClipConfig config) =>
        QuickGelu ? config with { Activation = Activation.QuickGelu } : config;
}
