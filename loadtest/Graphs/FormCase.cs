using ClipGrpc.Models.Configuration;


namespace ClipGrpc.LoadTest.Graphs;

/// <summary>A tower at a batch size, and for texts a length.</summary>
/// <param name="Tokens">Of each text; 0: images.</param>
internal sealed record FormCase(int Batch, int Tokens)
{
    private const int Short = 16;

    public string Name => Tokens == 0 ? $"images × {Batch}" : $"{Tokens} tokens × {Batch}";

    /// <summary>What the issue of forms is decided by: alone and at a good batch, images, short and full texts.</summary>
    public static IReadOnlyList<FormCase> Of(ClipConfig config) =>
    [
        new(1, 0), new(8, 0), new(1, Short), new(8, Short), new(1, config.ContextLength), new(8, config.ContextLength),
    ];

    /// <summary>Makes a runner of this case's tower ready for it.</summary>
    public void Prepare(GraphRunner runner, GraphForm form)
    {
        if (Tokens == 0)
            runner.UseImages(Batch, form.Patches == PatchForm.Convolution);
        else
            runner.UseTexts(Batch, Tokens);
    }
}
