using ClipGrpc.Models;
using ClipGrpc.Models.Hub;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Hub;

public sealed class CacheCleanerTests
{
    private const string Second = "2222222222222222222222222222222222222222";
    private const int SmallBytes = 17 + 2 + 13;

    [Fact(Timeout = 30_000)]
    public async Task Remove_WholeModel_LeavesNothingOfItAndTheOthersAlone()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Add("org/other").Small("config.json", "{}").Large("pytorch_model.bin", [9, 8, 7]);
        await hub.FetchAsync();
        await hub.FetchAsync("org/other");
        var cleaner = new CacheCleaner(hub.Options.CacheFolder);

        var plan = cleaner.PlanModel(Id(), allRevisions: true);
        var freed = cleaner.Remove(plan);

        Assert.Equal((300_000 + SmallBytes, plan.Bytes), (freed, freed));
        Assert.False(Directory.Exists(hub.Folder));
        Assert.Equal(["org/other"], CachedModels.List(hub.Options.CacheFolder).Select(model => model.Id));
    }

    [Fact(Timeout = 30_000)]
    public async Task Remove_OneRevision_KeepsTheBlobsThatAnotherHas()
    {
        await using var hub = await HubFixture.StartAsync();
        await FetchTwoRevisionsAsync(hub);
        var cleaner = new CacheCleaner(hub.Options.CacheFolder);

        var freed = cleaner.Remove(cleaner.PlanModel(Id(HubFixture.Commit), allRevisions: false));

        // The weights are the same in both; the vocabulary is not.
        Assert.Equal(2, freed);
        var left = Assert.Single(CachedModels.List(hub.Options.CacheFolder));
        Assert.Equal((Second, HubFixture.Weights), (left.Commit, left.Weights));
        Assert.All(
            SnapshotVerifier.Verify(left.Folder, null, TestContext.Current.CancellationToken),
            file => Assert.Null(file.Problem));
    }

    [Fact(Timeout = 30_000)]
    public async Task Remove_BranchOfARevision_GoesWithIt()
    {
        await using var hub = await HubFixture.StartAsync();
        await FetchTwoRevisionsAsync(hub);
        var cleaner = new CacheCleaner(hub.Options.CacheFolder);

        cleaner.Remove(cleaner.PlanModel(Id("main"), allRevisions: false));

        var left = Assert.Single(CachedModels.List(hub.Options.CacheFolder));
        Assert.Equal(HubFixture.Commit, left.Commit);
        Assert.Empty(left.Revisions);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("main", true)]
    [InlineData("v9", false)]
    [InlineData(Second, false)]
    public async Task PlanModel_NotInTheCache_IsNotFound(string revision, bool allRevisions)
    {
        await using var hub = await HubFixture.StartAsync();
        if (!allRevisions)
            await hub.FetchAsync();

        var exception = Assert.Throws<ClipException>(
            () => new CacheCleaner(hub.Options.CacheFolder).PlanModel(Id(revision), allRevisions));

        Assert.Equal(ClipErrorCode.NotFound, exception.Code);
        Assert.Contains("is not in the cache", exception.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task Remove_WhileAProcessFetchesIt_RemovesNothing()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.FetchAsync();
        var cleaner = new CacheCleaner(hub.Options.CacheFolder);
        var plan = cleaner.PlanModel(Id(), allRevisions: true);
        using var held = HubLock.TryAcquire(LockOf(hub, FakeHubFile.Sha256(HubFixture.Content)));

        var exception = Assert.Throws<ClipException>(() => cleaner.Remove(plan));

        Assert.Contains("is being fetched by another process", exception.Message);
        Assert.True(File.Exists(Path.Combine(hub.Snapshot, HubFixture.Weights)));
        Assert.Single(CachedModels.List(hub.Options.CacheFolder));
    }

    [Fact(Timeout = 30_000)]
    public async Task PlanUnneeded_PartsAndBlobsOfNoRevision_AreThoseAlone()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.FetchAsync();
        var blobs = Path.Combine(hub.Folder, "blobs");
        var part = Path.Combine(blobs, new string('a', 64) + ".incomplete");
        var orphan = Path.Combine(blobs, new string('b', 40));
        var foreign = Path.Combine(blobs, "note.txt");
        File.WriteAllBytes(part, new byte[100]);
        File.WriteAllBytes(orphan, new byte[10]);
        File.WriteAllBytes(foreign, new byte[1]);
        var cleaner = new CacheCleaner(hub.Options.CacheFolder);

        var plan = Assert.Single(cleaner.PlanUnneeded(oldRevisions: false));
        var freed = cleaner.Remove(plan);

        Assert.Equal([part, orphan], plan.Blobs.Order());
        Assert.Equal(110, freed);
        Assert.True(File.Exists(foreign));
        Assert.All(
            SnapshotVerifier.Verify(hub.Snapshot, null, TestContext.Current.CancellationToken),
            file => Assert.Null(file.Problem));
        Assert.Empty(cleaner.PlanUnneeded(oldRevisions: false));
    }

    [Fact(Timeout = 30_000)]
    public async Task PlanUnneeded_PartThatIsBeingFetched_Stays()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.FetchAsync();
        var hash = new string('a', 64);
        File.WriteAllBytes(Path.Combine(hub.Folder, "blobs", hash + ".incomplete"), new byte[100]);
        using var held = HubLock.TryAcquire(LockOf(hub, hash));

        Assert.Empty(new CacheCleaner(hub.Options.CacheFolder).PlanUnneeded(oldRevisions: false));
    }

    [Fact(Timeout = 30_000)]
    public async Task Remove_BlobThatIsNeededAgainSinceThePlan_Stays()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.FetchAsync();
        File.Delete(Path.Combine(hub.Snapshot, HubFixture.Weights));
        var cleaner = new CacheCleaner(hub.Options.CacheFolder);
        var plan = Assert.Single(cleaner.PlanUnneeded(oldRevisions: false));
        await hub.FetchAsync();

        var freed = cleaner.Remove(plan);

        Assert.Equal((1, 0L), (plan.Blobs.Count, freed));
        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(hub.Snapshot, HubFixture.Weights)));
    }

    [Fact(Timeout = 30_000)]
    public async Task PlanUnneeded_OldRevisions_AreThoseWithoutABranch()
    {
        await using var hub = await HubFixture.StartAsync();
        await FetchTwoRevisionsAsync(hub);
        var cleaner = new CacheCleaner(hub.Options.CacheFolder);

        Assert.Empty(cleaner.PlanUnneeded(oldRevisions: false));
        var plan = Assert.Single(cleaner.PlanUnneeded(oldRevisions: true));

        Assert.Equal([hub.Snapshot], plan.Snapshots);
        Assert.Equal(2, cleaner.Remove(plan));
        Assert.Equal(Second, Assert.Single(CachedModels.List(hub.Options.CacheFolder)).Commit);
    }

    [Fact(Timeout = 30_000)]
    public async Task PlanUnneeded_CopiesInPlaceOfLinks_KeepTheirBlobs()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.FetchAsync();
        var weights = Path.Combine(hub.Snapshot, HubFixture.Weights);
        File.Delete(weights);
        File.WriteAllBytes(weights, HubFixture.Content);
        var cleaner = new CacheCleaner(hub.Options.CacheFolder);

        Assert.Empty(cleaner.PlanUnneeded(oldRevisions: false));
        Assert.Equal(
            2 * 300_000 + SmallBytes, cleaner.PlanModel(Id(), allRevisions: true).Bytes);
    }

    [Fact]
    public void PlanUnneeded_NoCache_IsEmpty() =>
        Assert.Empty(new CacheCleaner("/no/such/folder").PlanUnneeded(oldRevisions: true));

    private static async Task FetchTwoRevisionsAsync(HubFixture hub)
    {
        await hub.FetchAsync();
        hub.Model.Commit = Second;
        hub.Model.Small("vocab.json", "{\"a\": 1}");
        await hub.FetchAsync();
    }

    private static string LockOf(HubFixture hub, string hash)
    {
        Assert.True(BlobHash.TryParse(hash, out var parsed));
        return new HubCache(hub.Options.CacheFolder, Id()).Lock(parsed);
    }

    private static HubModelId Id(string revision = HubModelId.DefaultRevision)
    {
        Assert.True(HubModelId.TryParse($"{HubFixture.Id}@{revision}", out var model));
        return model;
    }
}
