using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>
/// The numbers that PyTorch gave, through the public API: files are written as the Hub has them, and images and texts
/// go the whole way.
/// </summary>
[Collection(FullSizeModels.Collection)]
public sealed class GoldenModelTests
{
    [Theory(Timeout = 300_000)]
    [InlineData("synthetic--tiny-gelu", CheckpointForm.OpenClipSafetensors)]
    [InlineData("synthetic--tiny-gelu", CheckpointForm.OpenClipTorch)]
    [InlineData("synthetic--tiny-gelu", CheckpointForm.TransformersSafetensors)]
    [InlineData("synthetic--tiny-gelu", CheckpointForm.TransformersTorch)]
    [InlineData("synthetic--tiny-quickgelu", CheckpointForm.OpenClipSafetensors)]
    [InlineData("synthetic--tiny-quickgelu", CheckpointForm.OpenClipTorch)]
    [InlineData("synthetic--tiny-quickgelu", CheckpointForm.TransformersSafetensors)]
    [InlineData("synthetic--tiny-quickgelu", CheckpointForm.TransformersTorch)]
    [InlineData("laion--CLIP-ViT-B-32-DataComp.XL-s13B-b90K", CheckpointForm.OpenClipSafetensors)]
    [InlineData("laion--CLIP-ViT-B-32-DataComp.XL-s13B-b90K", CheckpointForm.TransformersSafetensors)]
    [InlineData("openai--clip-vit-base-patch16", CheckpointForm.TransformersSafetensors)]
    public Task Server_GoldenModel_EqualsPyTorch(string name, CheckpointForm form) => CheckAsync(name, form);

    [Theory(Timeout = 600_000)]
    [InlineData("laion--CLIP-ViT-B-32-laion2B-s34B-b79K", CheckpointForm.OpenClipTorch)]
    [InlineData("laion--CLIP-ViT-B-32-laion2B-s34B-b79K", CheckpointForm.TransformersTorch)]
    [InlineData("laion--CLIP-ViT-L-14-DataComp.XL-s13B-b90K", CheckpointForm.OpenClipSafetensors)]
    public Task Server_HeavyGoldenModel_EqualsPyTorch(string name, CheckpointForm form)
    {
        FullSizeModels.SkipUnlessHeavy();
        return CheckAsync(name, form);
    }

    /// <summary>Half precision rounds the weights, so that only the direction is compared.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("tiny-gelu-openclip-safetensors", GoldenServer.Exact)]
    [InlineData("tiny-gelu-openclip-bin", GoldenServer.Exact)]
    [InlineData("tiny-gelu-openclip-bf16", GoldenServer.Rounded)]
    [InlineData("tiny-quickgelu-transformers-safetensors", GoldenServer.Exact)]
    [InlineData("tiny-quickgelu-transformers-bin", GoldenServer.Rounded)]
    public async Task Server_GoldenCheckpoint_EqualsPyTorch(string folder, double tolerance)
    {
        var golden = GoldenModel.Load(folder.Contains("quick") ? "synthetic--tiny-quickgelu" : "synthetic--tiny-gelu");

        await using var server = await GoldenServer.StartAsync(
            golden, SharedGolden.PathOrSkip("checkpoints", folder), tolerance);

        await server.CheckImagesAsync();
        await server.CheckTextsAsync();
        if (tolerance == GoldenServer.Exact)
            await server.CheckProbabilitiesAsync();
    }

    private static async Task CheckAsync(string name, CheckpointForm form)
    {
        var golden = GoldenModel.Load(name);
        using var folder = new TemporaryFolder();
        SyntheticCheckpoint.Write(folder, golden, form);

        await using var server = await GoldenServer.StartAsync(golden, folder.Path, GoldenServer.Exact);

        await server.CheckImagesAsync();
        Assert.SkipWhen(
            SharedGolden.Root is null,
            "The images are right; the texts need the vocabulary in shared/golden, which is not "
            + "beside the repository.");
        await server.CheckTextsAsync();
        await server.CheckProbabilitiesAsync();
    }
}
