using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Hub;

public sealed class HubModelsTests
{
    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_NewModel_LaysOutTheCacheWithTheNeededFilesOnly()
    {
        await using var hub = await HubFixture.StartAsync();

        var folder = await hub.FetchAsync();

        Assert.Equal(hub.Snapshot, folder);
        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, HubFixture.Weights)));
        Assert.Equal(HubFixture.Commit, File.ReadAllText(Path.Combine(hub.Folder, "refs", "main")));
        string[] names = ["merges.txt", "open_clip_config.json", HubFixture.Weights, "vocab.json"];
        Assert.Equal(names, Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var name in names)
        {
            var link = new FileInfo(Path.Combine(folder, name)).LinkTarget;
            Assert.Equal(Path.Combine("..", "..", "blobs", hub.Model.Files[name].ETag), link);
        }

        Assert.Equal(
            names.Select(name => hub.Model.Files[name].ETag).Order(StringComparer.Ordinal),
            Directory.GetFiles(Path.Combine(hub.Folder, "blobs"))
                .Select(Path.GetFileName)
                .Order(StringComparer.Ordinal));
        Assert.DoesNotContain(
            hub.Hub.Requests, request => request.Path.Contains("README") || request.Path.Contains(".bin"));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_CompleteSnapshot_AsksOnlyWhatTheRevisionIs()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.FetchAsync();
        var before = hub.Hub.Requests.Count;

        await hub.FetchAsync();

        Assert.Equal(
            $"/api/models/{HubFixture.Id}/revision/main", Assert.Single(hub.Hub.Requests.Skip(before)).Path);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_NewCommit_SharesUnchangedBlobs()
    {
        const string next = "2222222222222222222222222222222222222222";
        await using var hub = await HubFixture.StartAsync();
        await hub.FetchAsync();
        hub.Model.Commit = next;
        hub.Model.Small("vocab.json", """{"a": 1}""");

        var folder = await hub.FetchAsync();

        Assert.Equal(next, Path.GetFileName(folder));
        Assert.Equal(next, File.ReadAllText(Path.Combine(hub.Folder, "refs", "main")));
        Assert.Equal("""{"a": 1}""", File.ReadAllText(Path.Combine(folder, "vocab.json")));
        Assert.Equal("{}", File.ReadAllText(Path.Combine(hub.Snapshot, "vocab.json")));
        Assert.Single(hub.Hub.Requests, HubFixture.IsWeights);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_Token_IsShownToTheHubAndNotToTheStore()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Options = hub.Options with { Token = "hf_secret" };

        await hub.FetchAsync();

        Assert.All(
            hub.Hub.Requests.Where(request => !request.AtStore),
            r => Assert.Equal("Bearer hf_secret", r.Authorization));
        Assert.Contains(hub.Hub.Requests, request => request.AtStore);
        Assert.All(hub.Hub.Requests.Where(request => request.AtStore), r => Assert.Null(r.Authorization));
        Assert.DoesNotContain("hf_secret", hub.Options.ToString());
    }

    [Theory(Timeout = 30_000)]
    [InlineData("refs/pr/7", "/revision/refs%2Fpr%2F7")]
    [InlineData("v1.0", "/revision/v1.0")]
    public async Task FetchAsync_Revision_IsAskedForAndRemembered(string revision, string path)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Model.Revisions.Add(revision);

        await hub.FetchAsync($"{HubFixture.Id}@{revision}");

        Assert.EndsWith(path, hub.Hub.Requests.First().Path);
        Assert.Equal(HubFixture.Commit, File.ReadAllText(Path.Combine(hub.Folder, "refs", revision)));
        Assert.False(File.Exists(Path.Combine(hub.Folder, "refs", "main")));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_Commit_GetsThatCommitOrNothing()
    {
        await using var hub = await HubFixture.StartAsync();

        var folder = await hub.FetchAsync($"{HubFixture.Id}@{HubFixture.Commit}");

        Assert.Equal(hub.Snapshot, folder);
        Assert.False(Directory.Exists(Path.Combine(hub.Folder, "refs")));

        const string other = "3333333333333333333333333333333333333333";
        hub.Model.Revisions.Add(other);
        var error = await hub.FailAsync($"{HubFixture.Id}@{other}");
        Assert.Contains($"it gives commit {HubFixture.Commit} instead", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_OnlyPyTorchWeights_FetchesThem()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Add("openai/clip")
            .Small("config.json", "{}")
            .Large("pytorch_model.bin", [9, 8, 7])
            .Small("flax_model.msgpack", "x");

        var folder = await hub.FetchAsync("openai/clip");

        Assert.Equal([9, 8, 7], File.ReadAllBytes(Path.Combine(folder, "pytorch_model.bin")));
        Assert.Equal(2, Directory.GetFiles(folder).Length);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_ShardedWeights_FetchesTheIndexAndItsShards()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Add("org/sharded").Small("config.json", "{}")
            .Small(
                "model.safetensors.index.json",
                """
                {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-1.safetensors"}}
                """)
            .Large("model-1.safetensors", [1]).Large("model-2.safetensors", [2]).Large("model-3.safetensors", [3]);

        var folder = await hub.FetchAsync("org/sharded");

        Assert.Equal([1], File.ReadAllBytes(Path.Combine(folder, "model-1.safetensors")));
        Assert.Equal([2], File.ReadAllBytes(Path.Combine(folder, "model-2.safetensors")));
        Assert.False(File.Exists(Path.Combine(folder, "model-3.safetensors")));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_NoWeights_SaysWhichItLooksFor()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Add("org/empty").Small("config.json", "{}").Small("model.onnx", "x");

        var error = await hub.FailAsync("org/empty");

        Assert.Equal(ClipErrorCode.NotFound, error.Code);
        Assert.Contains("org/empty has no weights", error.Message);
        Assert.Contains("model.safetensors", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_CacheOfAnotherTool_IsUsedOfflineAsItIs()
    {
        await using var hub = await HubFixture.StartAsync();
        WriteReferenceCache(hub);
        hub.Options = hub.Options with { Offline = true };

        var folder = await hub.FetchAsync();

        Assert.Equal(hub.Snapshot, folder);
        Assert.Equal([7, 7], File.ReadAllBytes(Path.Combine(folder, "pytorch_model.bin")));
        Assert.Empty(hub.Hub.Requests);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_CacheOfAnotherToolOnline_KeepsItsWeightsAndAddsWhatIsMissing()
    {
        await using var hub = await HubFixture.StartAsync();
        WriteReferenceCache(hub);

        var folder = await hub.FetchAsync();

        Assert.True(File.Exists(Path.Combine(folder, "vocab.json")));
        Assert.Equal([7, 7], File.ReadAllBytes(Path.Combine(folder, "pytorch_model.bin")));
        Assert.False(File.Exists(Path.Combine(folder, HubFixture.Weights)));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_OfflineAndNotInTheCache_SaysWhatToDo()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Options = hub.Options with { Offline = true };

        var error = await hub.FailAsync();

        Assert.Equal(ClipErrorCode.NotFound, error.Code);
        Assert.Contains("is not in the cache", error.Message);
        Assert.Contains("HF_HUB_OFFLINE", error.Message);
        Assert.Empty(hub.Hub.Requests);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_HubOutOfReach_UsesTheCacheOrSaysSo()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.FetchAsync();
        hub.Options = hub.Options with { Endpoint = new Uri("http://127.0.0.1:1") };

        var folder = await hub.FetchAsync();

        Assert.Equal(hub.Snapshot, folder);
        Assert.Contains($"cache {HubFixture.Id} {HubFixture.Commit}", hub.Progress.Events);

        var error = await hub.FailAsync("org/other");
        Assert.Equal(ClipErrorCode.Unavailable, error.Code);
        Assert.Contains("the connection to 127.0.0.1 failed (ConnectionRefused)", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_LinkToALostBlob_FetchesItAgain()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.FetchAsync();
        File.Delete(Path.Combine(hub.Folder, "blobs", FakeHubFile.Sha256(HubFixture.Content)));

        var folder = await hub.FetchAsync();

        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, HubFixture.Weights)));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("open_clip_model.safetensors")]
    [InlineData("open_clip_pytorch_model.bin")]
    public async Task FetchAsync_ImageTowerOfTimm_IsNotTakenForTheModelsWeights(string weights)
    {
        await using var hub = await HubFixture.StartAsync();
        var timm = SafetensorsWriter.Write(TestTensor.Of("blocks.0.attn.qkv.weight", TensorType.Float32, [1], [1]));
        var model = hub.Hub.Add("timm/clip").Small("open_clip_config.json", "{}").Large("model.safetensors", timm);

        model.Large(weights, HubFixture.Content);

        // As timm leaves it: the weights of the whole model are not there.
        var cached = Path.Combine(hub.Options.CacheFolder, "models--timm--clip");
        var snapshot = Path.Combine(cached, "snapshots", model.Commit);
        Directory.CreateDirectory(Path.Combine(cached, "blobs"));
        Directory.CreateDirectory(snapshot);
        File.WriteAllBytes(Path.Combine(cached, "blobs", FakeHubFile.Sha256(timm)), timm);
        File.CreateSymbolicLink(
            Path.Combine(snapshot, "model.safetensors"), $"../../blobs/{FakeHubFile.Sha256(timm)}");

        var folder = await hub.FetchAsync("timm/clip");

        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, weights)));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_ImageTowerOnly_IsRefused()
    {
        await using var hub = await HubFixture.StartAsync();
        var timm = SafetensorsWriter.Write(TestTensor.Of("blocks.0.attn.qkv.weight", TensorType.Float32, [1], [1]));
        hub.Hub.Add("timm/vit").Small("config.json", "{}").Large("model.safetensors", timm);

        var error = await hub.FailAsync("timm/vit");

        Assert.Equal(ClipErrorCode.NotFound, error.Code);
        Assert.StartsWith("timm/vit has the weights of one tower only", error.Message);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0, "vocab.json")]
    [InlineData(0, "model.safetensors")]
    [InlineData(-1, "model.safetensors")]
    [InlineData(-1, "merges.txt")]
    public async Task Open_DamagedFileInTheCache_IsRefusedWithTheNextStep(int cut, string name)
    {
        await using var hub = await HubFixture.StartAsync();
        var model = hub.Hub.Add("org/demo");
        foreach (var path in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "models", "demo")))
        {
            var content = File.ReadAllBytes(path);
            if (Path.GetExtension(path) == ".safetensors")
                model.Large("model.safetensors", content);
            else
                model.Small(Path.GetFileName(path), System.Text.Encoding.UTF8.GetString(content));
        }

        var folder = await hub.FetchAsync("org/demo");
        using (var sound = TestModels.Open(folder))
            sound.Identify();

        // Its pages may still be read ahead.
        using (var blob = File.Open(
            Path.Combine(folder, name), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            blob.SetLength(blob.Length + cut);
            blob.Position = blob.Length - 1;
            var last = blob.ReadByte();
            blob.Position--;
            blob.WriteByte((byte)(last ^ 1));
        }

        var error = Assert.Throws<ClipException>(() =>
        {
            using var files = TestModels.Open(folder);
            files.Identify();
        });

        Assert.StartsWith(
            $"{name} in the Hugging Face Hub cache is damaged: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("`clip verify --repair` downloads it again", error.Message, StringComparison.Ordinal);
    }

    /// <summary>What the Hub's own Python tool leaves after fetching a model with PyTorch weights.</summary>
    private static void WriteReferenceCache(HubFixture hub)
    {
        Directory.CreateDirectory(Path.Combine(hub.Folder, "blobs"));
        Directory.CreateDirectory(Path.Combine(hub.Folder, "refs"));
        Directory.CreateDirectory(Path.Combine(hub.Folder, ".no_exist", HubFixture.Commit));
        Directory.CreateDirectory(hub.Snapshot);
        File.WriteAllText(Path.Combine(hub.Folder, "refs", "main"), HubFixture.Commit);
        Write("config.json", FakeHubFile.GitSha1("{}"u8.ToArray()), "{}"u8.ToArray());
        Write("pytorch_model.bin", FakeHubFile.Sha256([7, 7]), [7, 7]);

        void Write(string name, string etag, byte[] content)
        {
            File.WriteAllBytes(Path.Combine(hub.Folder, "blobs", etag), content);
            File.CreateSymbolicLink(Path.Combine(hub.Snapshot, name), $"../../blobs/{etag}");
        }
    }
}
