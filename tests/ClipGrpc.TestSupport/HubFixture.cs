using ClipGrpc.Models;
using ClipGrpc.Models.Hub;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.TestSupport;

/// <summary>A fake Hub with a CLIP of small size, an empty cache and a fake clock.</summary>
internal sealed class HubFixture : IAsyncDisposable
{
    public const string Id = "org/clip-test";
    public const string Commit = "1111111111111111111111111111111111111111";
    public const string Weights = "open_clip_model.safetensors";

    private readonly TemporaryFolder _folder = new();

    private HubFixture(FakeHub hub)
    {
        Hub = hub;
        Model = hub.Add(Id, Commit)
            .Small("open_clip_config.json", """{"model_cfg": {}}""")
            .Small("vocab.json", "{}")
            .Small("merges.txt", "#version: 0.2")
            .Small("README.md", "not needed")
            .Large(Weights, Content)
            .Large("open_clip_pytorch_model.bin", [1, 2, 3])
            .Large("pytorch_model.bin", [4, 5, 6]);
        Options = new HubOptions { Endpoint = hub.Endpoint, CacheFolder = Path.Combine(_folder.Path, "hub") };
        Progress = new RecordingProgress(Clock);
    }

    public FakeHub Hub { get; }

    public FakeHubModel Model { get; }

    public HubOptions Options { get; set; }

    public FakeTimeProvider Clock { get; } = new();

    public RecordingProgress Progress { get; }

    public long? FreeSpace { get; set; }

    /// <summary>Of the weights.</summary>
    public static byte[] Content { get; } = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7 + i / 251))];

    public string Folder => Path.Combine(Options.CacheFolder, "models--org--clip-test");

    public string Snapshot => Path.Combine(Folder, "snapshots", Commit);

    public string Part => Path.Combine(Folder, "blobs", FakeHubFile.Sha256(Content) + ".incomplete");

    public static async Task<HubFixture> StartAsync() => new(await FakeHub.StartAsync());

    public static bool IsWeights(FakeHubRequest request) => request.IsContentOf(Weights);

    public HubModels CreateModels(TimeProvider? time = null) => new(Options, time ?? Clock, _ => FreeSpace, () => 0);

    public async Task<string> FetchAsync(
        string source = Id, Precision precision = Precision.Fp32, CancellationToken token = default)
    {
        using var models = CreateModels();
        Assert.True(HubModelId.TryParse(source, out var model));
        return await models.FetchAsync(model, precision, Progress, token).WaitAsync(TimeSpan.FromSeconds(25));
    }

    public Task<ClipException> FailAsync(string source = Id, Precision precision = Precision.Fp32) =>
        Assert.ThrowsAsync<ClipException>(() => FetchAsync(source, precision));

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        _folder.Dispose();
    }
}
