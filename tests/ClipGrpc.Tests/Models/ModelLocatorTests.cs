using ClipGrpc.Models;
using ClipGrpc.Models.Cards;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

public sealed class ModelLocatorTests
{
    [Fact(Timeout = 30_000)]
    public async Task LocateAsync_DemoAndFolders_NeedNoHub()
    {
        await using var hub = await HubFixture.StartAsync();
        using var folder = new TemporaryFolder();

        Assert.True(File.Exists(Path.Combine(await LocateAsync(hub, "demo"), "open_clip_model.safetensors")));
        Assert.Equal(folder.Path, await LocateAsync(hub, folder.Path));
        Assert.Empty(hub.Hub.Requests);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "main")]
    [InlineData("ViT-B-32/laion2b_s34b_b79k", "main")]
    [InlineData("vit-b-32/LAION2B_s34b_b79k@v1", "v1")]
    public async Task LocateAsync_CatalogueName_IsFetchedUnderItsId(string source, string revision)
    {
        await using var hub = await HubFixture.StartAsync();
        var model = hub.Hub.Add("laion/CLIP-ViT-B-32-laion2B-s34B-b79K")
            .Small("config.json", "{}")
            .Large("model.safetensors", [1]);
        model.Revisions.Add("v1");

        var folder = await LocateAsync(hub, source);

        Assert.Contains("models--laion--CLIP-ViT-B-32-laion2B-s34B-b79K", folder);
        Assert.EndsWith($"/revision/{revision}", hub.Hub.Requests.First().Path);
        Assert.Equal(66.6f, ModelCatalog.Find(source)!.Card.ImageNetTop1);
    }

    [Fact(Timeout = 30_000)]
    public async Task LocateAsync_DemoModelFromTheHub_IsACheckpoint()
    {
        await using var hub = await HubFixture.StartAsync();
        var demo = hub.Hub.Add("org/demo");
        foreach (var path in Directory.GetFiles(await LocateAsync(hub, "demo")))
        {
            if (Path.GetExtension(path) == ".safetensors")
                demo.Large(Path.GetFileName(path), File.ReadAllBytes(path));
            else
                demo.Small(Path.GetFileName(path), File.ReadAllText(path));
        }

        using var checkpoint = ClipCheckpoint.Open(await LocateAsync(hub, "org/demo"));

        Assert.True(checkpoint.Parameters > 0);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("nothing")]
    [InlineData("./no-such-folder")]
    [InlineData("/no/such")]
    [InlineData("a/b/c")]
    [InlineData("https://huggingface.co/a/b")]
    public async Task LocateAsync_NoSource_ListsWhatASourceCanBe(string source)
    {
        await using var hub = await HubFixture.StartAsync();

        var error = await Assert.ThrowsAsync<ClipException>(() => LocateAsync(hub, source));

        Assert.Equal(ClipErrorCode.NotFound, error.Code);
        Assert.Contains($"There is no model '{source}'. A source is `demo` (built in), a folder", error.Message);
        Assert.Contains("ViT-L-14/datacomp_xl_s13b_b90k", error.Message);
        Assert.Empty(hub.Hub.Requests);
    }

    private static async Task<string> LocateAsync(HubFixture hub, string source)
    {
        using var models = hub.CreateModels();
        return await new ModelLocator(models).LocateAsync(source, Precision.Fp32, hub.Progress, CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(25));
    }
}
