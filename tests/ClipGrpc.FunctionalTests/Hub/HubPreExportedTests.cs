using ClipGrpc.Models;
using ClipGrpc.Models.Hub;
using ClipGrpc.Models.Sessions;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Hub;

/// <summary>Models of the Hub that are pre-exported to ONNX.</summary>
public sealed class HubPreExportedTests
{
    private const string Xenova = "Xenova/clip-test";
    private const string Immich = "immich-app/ViT-B-16__openai";

    [Theory(Timeout = 30_000)]
    [InlineData("Fp32", "")]
    [InlineData("Fp16", "_fp16")]
    [InlineData("Int8", "_quantized")]
    public async Task FetchAsync_TransformersTowers_FetchesThoseOfThePrecisionOnly(string precision, string suffix)
    {
        await using var hub = await HubFixture.StartAsync();
        AddXenova(hub);

        var folder = await hub.FetchAsync(Xenova, Enum.Parse<Precision>(precision));

        string[] expected =
        [
            "config.json", "preprocessor_config.json", "tokenizer.json", $"onnx/text_model{suffix}.onnx",
            $"onnx/vision_model{suffix}.onnx",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), FilesIn(folder));
        Assert.All(SnapshotVerifier.Verify(folder, null, CancellationToken.None), file => Assert.Null(file.Problem));
        Assert.Equal(
            $"onnx/vision_model{suffix}.onnx", Assert.Single(CachedModels.List(hub.Options.CacheFolder)).Weights);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_OpenClipTowersWithData_FetchesTheDataBeforeTheTowers()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Add(Immich).Small("config.json", "{}").Small("README.md", "x")
            .Small("visual/preprocess_cfg.json", "{}").Large("visual/model.onnx", [1])
            .Large("visual/model.onnx_data", [2]).Large("visual/model.armnn", [3]).Large("visual/fp16/model.armnn", [4])
            .Large("textual/model.onnx", [5]).Large("textual/model.onnx.data", [6]).Large("textual/model.rknn", [7])
            .Small("textual/tokenizer.json", "{}").Small("textual/vocab.json", "{}").Small("textual/merges.txt", "");

        var folder = await hub.FetchAsync(Immich);

        string[] expected =
        [
            "config.json", "textual/merges.txt", "textual/model.onnx", "textual/model.onnx.data",
            "textual/tokenizer.json", "textual/vocab.json", "visual/model.onnx", "visual/model.onnx_data",
            "visual/preprocess_cfg.json",
        ];
        Assert.Equal(expected, FilesIn(folder));
        var fetched = hub.Hub.Requests.Where(request => request.AtStore && request.Method == "GET")
            .Select(request => Path.GetFileName(request.Path)).ToList();
        Assert.Equal(["model.onnx.data", "model.onnx_data"], fetched.Take(2).Order(StringComparer.Ordinal));
        Assert.Equal(["model.onnx", "model.onnx"], fetched.Skip(2));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_CheckpointBesideTowers_FetchesTheCheckpoint()
    {
        await using var hub = await HubFixture.StartAsync();
        AddXenova(hub).Large("model.safetensors", [9]);

        var folder = await hub.FetchAsync(Xenova);

        Assert.True(File.Exists(Path.Combine(folder, "model.safetensors")));
        Assert.False(Directory.Exists(Path.Combine(folder, "onnx")));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_TowersOfAnotherPrecision_SaysWhichItLooksFor()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Add(Immich).Small("config.json", "{}").Large("visual/model.onnx", [1]).Large("textual/model.onnx", [2]);
        hub.Hub.Add(Xenova)
            .Small("config.json", "{}")
            .Large("onnx/vision_model.onnx", [1])
            .Large("onnx/text_model.onnx", [2]);

        var immich = await hub.FailAsync(Immich, Precision.Int8);
        var xenova = await hub.FailAsync(Xenova, Precision.Int8);

        Assert.Contains("support the precisions fp32 and bf16 only, not int8", immich.Message);
        Assert.StartsWith(
            $"{Xenova} has no pre-exported ONNX model in the precision int8, which requires "
            + "onnx/vision_model_int8.onnx",
            xenova.Message);
        Assert.DoesNotContain(hub.Hub.Requests, request => request.AtStore);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_OneTowerOnly_IsRefused()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Add(Xenova).Small("config.json", "{}").Large("onnx/vision_model.onnx", [1]);

        var error = await hub.FailAsync(Xenova);

        Assert.Contains("onnx/vision_model.onnx and onnx/text_model.onnx", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_TowersInTheCache_AreUsedOfflineInTheirPrecisionOnly()
    {
        await using var hub = await HubFixture.StartAsync();
        AddXenova(hub);
        var online = await hub.FetchAsync(Xenova, Precision.Int8);
        hub.Options = hub.Options with { Offline = true };

        Assert.Equal(online, await hub.FetchAsync(Xenova, Precision.Int8));
        var error = await hub.FailAsync(Xenova, Precision.Fp32);

        Assert.Contains("is not in the cache", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_ConnectionCutInATower_IsResumedAndVerified()
    {
        await using var hub = await HubFixture.StartAsync();
        AddXenova(hub).Large("onnx/vision_model.onnx", HubFixture.Content);
        bool IsTower(FakeHubRequest request) => request.IsContentOf("onnx/vision_model.onnx");
        hub.Hub.Cut(IsTower, HubFixture.Content, 100_000, Task.CompletedTask);

        var folder = await hub.FetchAsync(Xenova);

        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, "onnx", "vision_model.onnx")));
        Assert.Equal([null, "bytes=100000-"], hub.Hub.Requests.Where(IsTower).Select(request => request.Range));
    }

    [Fact(Timeout = 60_000)]
    public async Task FetchAsync_TowersWithExternalData_AreServedFromTheCache()
    {
        await using var hub = await HubFixture.StartAsync();
        using var source = new PreExportedFolder();
        source.WriteTransformersConfig();
        source.WriteImage("onnx/vision_model.onnx", dataFile: "onnx/vision_model.onnx_data");
        source.WriteText("onnx/text_model.onnx");
        var model = hub.Hub.Add(Xenova);
        foreach (var name in FilesIn(source.Path))
        {
            var content = File.ReadAllBytes(Path.Combine(source.Path, name));
            if (name.EndsWith(".json", StringComparison.Ordinal))
                model.Small(name, System.Text.Encoding.UTF8.GetString(content));
            else
                model.Large(name, content);
        }

        var folder = await hub.FetchAsync(Xenova);

        using var files = TestModels.Open(folder);
        using var images = files.CreateImageEncoder(new InferenceOptions(), 2);
        var pixels = Enumerable.Range(0, PreExportedFolder.Size * PreExportedFolder.Size * 3)
            .Select(i => (byte)(i * 5))
            .ToArray();
        var embedding = new float[PreExportedFolder.Dimensions];
        images.Encode([pixels], embedding, new float[1]);
        var expected = source.Image(pixels).Embedding;
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], embedding[i], 1e-5);
        using var copy = TestModels.Open(source.Path);
        Assert.Equal(copy.Identify(), files.Identify());
    }

    /// <summary>The names that transformers.js has in its models, with much that is not served.</summary>
    private static FakeHubModel AddXenova(HubFixture hub)
    {
        var model = hub.Hub.Add(Xenova).Small("config.json", "{}").Small("preprocessor_config.json", "{}")
            .Small("tokenizer.json", "{}").Small("README.md", "x").Small("quantize_config.json", "{}");
        foreach (var suffix in new[] { "", "_fp16", "_quantized", "_uint8", "_q4", "_bnb4" })
        {
            foreach (var tower in new[] { "model", "vision_model", "text_model" })
                model.Large($"onnx/{tower}{suffix}.onnx", System.Text.Encoding.ASCII.GetBytes(tower + suffix));
        }

        return model;
    }

    private static IEnumerable<string> FilesIn(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'))
            .Order(StringComparer.Ordinal);
}
