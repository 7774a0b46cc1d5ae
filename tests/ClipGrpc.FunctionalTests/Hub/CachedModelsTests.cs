using ClipGrpc.Models.Hub;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Hub;

public sealed class CachedModelsTests
{
    [Fact(Timeout = 30_000)]
    public async Task List_FetchedModels_TellsWhatThereIs()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Model.Revisions.Add("v1");
        await hub.FetchAsync();
        await hub.FetchAsync($"{HubFixture.Id}@v1");
        hub.Hub.Add("openai/clip").Small("config.json", "{}").Large("pytorch_model.bin", [9, 8, 7]);
        await hub.FetchAsync("openai/clip");
        var blob = hub.Hub.Add("openai/clip").Files["pytorch_model.bin"].ETag;
        File.Delete(Path.Combine(hub.Options.CacheFolder, "models--openai--clip", "blobs", blob));
        Directory.CreateDirectory(
            Path.Combine(hub.Options.CacheFolder, "datasets--a--b", "snapshots", HubFixture.Commit));

        var models = CachedModels.List(hub.Options.CacheFolder);

        Assert.Equal(["openai/clip", HubFixture.Id], models.Select(model => model.Id));
        Assert.Equal(["main", "v1"], models[1].Revisions);
        Assert.Equal(HubFixture.Commit, models[1].Commit);
        Assert.Equal(HubFixture.Weights, models[1].Weights);
        Assert.Equal(300_000 + 17 + 2 + 13, models[1].Size);
        Assert.Equal(hub.Snapshot, models[1].Folder);
        Assert.Null(models[0].Weights);
        Assert.Equal(2, models[0].Size);
    }

    [Fact]
    public void List_NoCache_IsEmpty() => Assert.Empty(CachedModels.List("/no/such/folder"));
}
