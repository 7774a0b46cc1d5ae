using ClipGrpc.Models;
using ClipGrpc.Models.Hub;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Hub;

/// <summary>Files on their way: resumed, verified, fetched by several at once.</summary>
public sealed class HubDownloadTests
{
    private const int Half = 150_000;

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_CutConnection_GoesOnWhereItWasCut()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Cut(HubFixture.IsWeights, HubFixture.Content, Half, hub.Progress.Reached(HubFixture.Weights, Half));

        var folder = await hub.FetchAsync();

        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, HubFixture.Weights)));
        Assert.Equal(
            [null, $"bytes={Half}-"], hub.Hub.Requests.Where(HubFixture.IsWeights).Select(request => request.Range));
        Assert.Equal([TimeSpan.FromSeconds(1)], hub.Progress.Pauses);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_ManyCutsWithProgress_NeverGivesUp()
    {
        await using var hub = await HubFixture.StartAsync();
        for (var cut = 1; cut <= 10; cut++)
        {
            var bytes = cut * 10_000;
            var isFirst = cut == 1;
            hub.Hub.Cut(
                request => HubFixture.IsWeights(request) && (isFirst || request.Range == $"bytes={bytes - 10_000}-"),
                HubFixture.Content[..bytes], bytes, hub.Progress.Reached(HubFixture.Weights, bytes));
        }

        var folder = await hub.FetchAsync();

        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, HubFixture.Weights)));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_KilledHalfWay_IsInvisibleAndResumedByTheNext()
    {
        await using var hub = await HubFixture.StartAsync();
        var never = new TaskCompletionSource();
        hub.Hub.Cut(HubFixture.IsWeights, HubFixture.Content, Half, never.Task);
        using var kill = new CancellationTokenSource();
        var first = hub.FetchAsync(token: kill.Token);
        await hub.Progress.Reached(HubFixture.Weights, Half).WaitAsync(TimeSpan.FromSeconds(20));

        await kill.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(Half, new FileInfo(hub.Part).Length);
        Assert.False(Path.Exists(Path.Combine(hub.Snapshot, HubFixture.Weights)));
        var folder = await hub.FetchAsync();
        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, HubFixture.Weights)));
        Assert.Equal($"bytes={Half}-", hub.Hub.Requests.Last(HubFixture.IsWeights).Range);
        Assert.Contains($"start {HubFixture.Weights} {Half}/{HubFixture.Content.Length}", hub.Progress.Events);
        Assert.False(File.Exists(hub.Part));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_ServerWithoutRanges_StartsAnew()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.HonoursRanges = false;
        WritePart(hub, HubFixture.Content[..Half]);

        var folder = await hub.FetchAsync();

        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, HubFixture.Weights)));
        Assert.Equal([$"bytes={Half}-"], hub.Hub.Requests.Where(HubFixture.IsWeights).Select(request => request.Range));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_AnotherRangeThanAskedFor_StartsAnew()
    {
        await using var hub = await HubFixture.StartAsync();
        WritePart(hub, HubFixture.Content[..Half]);
        hub.Hub.Fail(HubFixture.IsWeights, 206, 1, ("Content-Range", "bytes 5-299999/300000"));

        var folder = await hub.FetchAsync();

        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, HubFixture.Weights)));
        Assert.Equal(
            [$"bytes={Half}-", null], hub.Hub.Requests.Where(HubFixture.IsWeights).Select(request => request.Range));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(1000)]
    [InlineData(300_000)]
    [InlineData(300_001)]
    public async Task FetchAsync_DamagedPart_IsFetchedAnew(int length)
    {
        await using var hub = await HubFixture.StartAsync();
        WritePart(hub, new byte[length]);

        var folder = await hub.FetchAsync();

        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(folder, HubFixture.Weights)));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(HubFixture.Weights)]
    [InlineData("vocab.json")]
    public async Task FetchAsync_WrongContent_IsRefusedAndThrownAway(string name)
    {
        await using var hub = await HubFixture.StartAsync();
        var file = hub.Model.Files[name];
        var wrong = (byte[])file.Content.Clone();
        wrong[^1] ^= 1;
        hub.Model.Files[name] = file with { Content = wrong };

        var error = await hub.FailAsync();

        Assert.Equal(ClipErrorCode.Unavailable, error.Code);
        Assert.Contains($"{name} of {HubFixture.Id} was downloaded with the wrong content", error.Message);
        Assert.False(Path.Exists(Path.Combine(hub.Snapshot, name)));
        Assert.DoesNotContain(Directory.GetFiles(Path.Combine(hub.Folder, "blobs")), path => path.Contains(file.ETag));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_MoreBytesThanAnnounced_IsRefusedAndThrownAway()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Model.Files[HubFixture.Weights] = hub.Model.Files[HubFixture.Weights] with { Size = 1000 };

        var error = await hub.FailAsync();

        Assert.Contains("longer than the 1000 bytes", error.Message);
        Assert.False(File.Exists(hub.Part));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_TwoAtOnce_FetchEachFileOnce()
    {
        await using var hub = await HubFixture.StartAsync();
        using var models = hub.CreateModels(TimeProvider.System);
        using var others = hub.CreateModels(TimeProvider.System);
        Assert.True(HubModelId.TryParse(HubFixture.Id, out var model));
        var second = new RecordingProgress();
        // The first holds the weights' lock until the second waits for it; then its connection is cut and it goes on.
        hub.Hub.Cut(HubFixture.IsWeights, HubFixture.Content, Half, second.Waits.Task);

        var first = models.FetchAsync(model, Precision.Fp32, hub.Progress, CancellationToken.None);
        await hub.Progress.Reached(HubFixture.Weights, 1).WaitAsync(TimeSpan.FromSeconds(20));
        var folders = await Task.WhenAll(
            first, others.FetchAsync(model, Precision.Fp32, second, CancellationToken.None))
            .WaitAsync(TimeSpan.FromSeconds(25));

        Assert.Equal([hub.Snapshot, hub.Snapshot], folders);
        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(hub.Snapshot, HubFixture.Weights)));
        Assert.Equal(["wait " + HubFixture.Weights], second.Events);
        Assert.Equal(2, hub.Hub.Requests.Count(HubFixture.IsWeights));
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_LockFileOfADeadProcess_IsFree()
    {
        await using var hub = await HubFixture.StartAsync();
        var locks = Path.Combine(hub.Options.CacheFolder, ".locks", "models--org--clip-test");
        Directory.CreateDirectory(locks);
        File.WriteAllText(Path.Combine(locks, FakeHubFile.Sha256(HubFixture.Content) + ".lock"), "4711");

        await hub.FetchAsync();

        Assert.DoesNotContain("wait " + HubFixture.Weights, hub.Progress.Events);
    }

    [Fact(Timeout = 30_000)]
    public async Task AcquireAsync_Held_WaitsUntilCancelled()
    {
        await using var hub = await HubFixture.StartAsync();
        var path = Path.Combine(hub.Options.CacheFolder, ".locks", "a.lock");
        using var held = await HubLock.AcquireAsync(path, hub.Clock, () => { }, CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        var waits = 0;

        var second = HubLock.AcquireAsync(path, hub.Clock, () => waits++, cancel.Token);
        hub.Clock.Advance(TimeSpan.FromSeconds(1));
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(1, waits);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_NoSpace_SaysHowMuchIsMissingBeforeItFetches()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.FreeSpace = (16 << 20) + 100_000;

        var error = await hub.FailAsync();

        Assert.Contains(
            $"Not enough disk space for {HubFixture.Weights}: 300.0 kB are needed in {hub.Options.CacheFolder} "
            + "and 16.9 MB are free",
            error.Message);
        Assert.Contains("HF_HUB_CACHE", error.Message);
        Assert.DoesNotContain(hub.Hub.Requests, HubFixture.IsWeights);
    }

    [Fact(Timeout = 30_000)]
    public async Task FetchAsync_UnusableCacheFolder_NamesIt()
    {
        await using var hub = await HubFixture.StartAsync();
        File.WriteAllText(hub.Options.CacheFolder, "a file where the folder should be");

        var error = await hub.FailAsync();

        Assert.Equal(ClipErrorCode.Unavailable, error.Code);
        Assert.Contains(hub.Options.CacheFolder, error.Message);
    }

    private static void WritePart(HubFixture hub, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(hub.Part)!);
        File.WriteAllBytes(hub.Part, content);
    }
}
