using ClipGrpc.Models.Hub;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Hub;

public sealed class SnapshotVerifierTests
{
    [Fact(Timeout = 30_000)]
    public async Task Verify_FetchedModel_FindsEveryFileSound()
    {
        await using var hub = await HubFixture.StartAsync();

        var files = Verify(await hub.FetchAsync());

        Assert.Equal(4, files.Count);
        Assert.All(files, file => Assert.Null(file.Problem));
        Assert.Equal(HubFixture.Content.Length, files.Single(file => file.Name == HubFixture.Weights).Size);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(HubFixture.Weights)]
    [InlineData("vocab.json")]
    public async Task Verify_ChangedByte_NamesTheFileAndItsHash(string name)
    {
        await using var hub = await HubFixture.StartAsync();
        var folder = await hub.FetchAsync();
        var path = Path.Combine(folder, name);
        using (var blob = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            blob.WriteByte((byte)(blob.ReadByte() ^ 1));

        var wrong = Assert.Single(Verify(folder), file => file.Problem is not null);

        Assert.Equal(name, wrong.Name);
        Assert.Contains(hub.Model.Files[name].ETag, wrong.Problem);
    }

    [Fact(Timeout = 30_000)]
    public async Task Verify_LostBlobAndForeignFile_AreNamed()
    {
        await using var hub = await HubFixture.StartAsync();
        var folder = await hub.FetchAsync();
        File.Delete(Path.Combine(hub.Folder, "blobs", hub.Model.Files["vocab.json"].ETag));
        File.WriteAllText(Path.Combine(folder, "notes.txt"), "of no blob's length");

        var wrong = Verify(folder)
            .Where(file => file.Problem is not null)
            .ToDictionary(file => file.Name, file => file.Problem!);

        Assert.Equal(["notes.txt", "vocab.json"], wrong.Keys.Order());
        Assert.Contains("its content is missing", wrong["vocab.json"]);
        Assert.Contains("its expected hash is not known", wrong["notes.txt"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Verify_CopiesInPlaceOfLinks_AreComparedWithTheBlobs()
    {
        await using var hub = await HubFixture.StartAsync();
        var folder = await hub.FetchAsync();
        foreach (var path in Directory.GetFiles(folder))
        {
            var content = File.ReadAllBytes(path);
            File.Delete(path);
            File.WriteAllBytes(path, content);
        }

        Assert.All(Verify(folder), file => Assert.Null(file.Problem));
        File.WriteAllText(Path.Combine(folder, "vocab.json"), "[]");
        Assert.Equal("vocab.json", Assert.Single(Verify(folder), file => file.Problem is not null).Name);
    }

    [Fact]
    public void IsSnapshot_OtherFolder_IsNot()
    {
        Assert.True(SnapshotVerifier.IsSnapshot($"/c/models--a--b/snapshots/{HubFixture.Commit}/"));
        Assert.False(SnapshotVerifier.IsSnapshot($"/c/models--a--b/blobs/{HubFixture.Commit}"));
        Assert.False(SnapshotVerifier.IsSnapshot("/c/models--a--b/snapshots/main"));
    }

    private static List<VerifiedFile> Verify(string folder) =>
        [.. SnapshotVerifier.Verify(folder, new RecordingProgress(), CancellationToken.None)];
}
