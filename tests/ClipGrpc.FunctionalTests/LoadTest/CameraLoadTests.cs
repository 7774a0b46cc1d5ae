using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.LoadTest.Cameras;
using ClipGrpc.LoadTest.Commands;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.V1;

namespace ClipGrpc.FunctionalTests.LoadTest;

public sealed class CameraLoadTests(DemoServer demo)
{
    private static CameraLoad Load(DropPolicy policy) => new()
    {
        Cameras = 6,
        FramesPerSecond = 5,
        Policy = policy,
        Streams = 2,
        Side = 32,
        WarmUp = TimeSpan.FromSeconds(0.4),
        Duration = TimeSpan.FromSeconds(1),
    };

    [Fact]
    public void TimeOf_Cameras_AreSpreadOverTheInterval()
    {
        var load = Load(DropPolicy.None);
        Assert.Equal(TimeSpan.Zero, load.TimeOf(0, 0));
        Assert.Equal(TimeSpan.FromMilliseconds(200), load.TimeOf(0, 1));
        Assert.Equal(TimeSpan.FromMilliseconds(300), load.TimeOf(3, 1));
        Assert.Equal(7, load.FramesPerCamera);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(DropPolicy.None)]
    [InlineData(DropPolicy.Latest)]
    public async Task RunAsync_EveryFrame_IsCounted(DropPolicy policy)
    {
        using var connections = new Connections(demo.Server.GrpcAddress, 1);
        var load = Load(policy);

        var count = await CameraRun.RunAsync(
            connections, load, TimeProvider.System, TestContext.Current.CancellationToken);

        var dropped = count.Dropped.Values.Sum();
        Assert.Equal(30, count.Sent);
        Assert.Equal(30, count.Classified + dropped);
        Assert.True(policy == DropPolicy.Latest || dropped == 0);
        Assert.Equal(count.Classified, count.Answered.Sum());
        var report = CameraReport.Of(load, count);
        Assert.InRange(report.BytesPerFrame, 32 * 32 * 3, (32 * 32 * 3) + 100);
        Assert.True(report.ResponseBytesPerFrame > 0);
    }

    [Fact]
    public void Fairness_Cameras_IsMostToFewest()
    {
        var count = new CameraCount(2);
        Assert.Null(count.Fairness);
        for (var i = 0; i < 3; i++)
            count.AddResponse(0, new ClassifyStreamResponse(), TimeSpan.FromSeconds(1));
        Assert.Null(count.Fairness);
        count.AddResponse(1, new ClassifyStreamResponse(), TimeSpan.FromSeconds(1));
        count.AddResponse(1, new ClassifyStreamResponse { Dropped = true }, TimeSpan.FromSeconds(9));
        Assert.Equal(3, count.Fairness);
        Assert.Equal(0.5, count.FarthestFromMean);
        Assert.Equal(4, count.Age.TotalCount);
    }

    [Fact]
    public void MemoryUse_Samples_AreMediansOfTheFirstAndTheLastQuarter()
    {
        Assert.Null(MemoryUse.Of([]));
        Assert.Equal(new MemoryUse(5, 5, 5), MemoryUse.Of([5]));
        Assert.Equal(
            new MemoryUse(2, 8, 99), MemoryUse.Of([1, 2, 99, 7, 7, 7, 7, 7, 7, 8, 9, 6]));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("--cameras 256", true)]
    [InlineData("--cameras 257", false)]
    [InlineData("--cameras 512 --streams 2", true)]
    [InlineData("--cameras 513 --streams 2", false)]
    public void CamerasCommand_MoreThanAStreamTakes_IsRefused(string arguments, bool isValid) =>
        Assert.Equal(isValid, new CamerasCommand().Parse(arguments).Errors.Count == 0);

    [Theory]
    [InlineData("--duration 15m30s")]
    [InlineData("--fps many")]
    [InlineData("--cameras 0")]
    public void CamerasCommand_WrongValue_IsOneError(string arguments) =>
        Assert.Single(new CamerasCommand().Parse(arguments).Errors);

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_OwnServer_SamplesItsMemory()
    {
        using var connections = new Connections(demo.Server.GrpcAddress, 1);
        var count = await CameraRun.RunAsync(
            connections, Load(DropPolicy.Latest), TimeProvider.System, TestContext.Current.CancellationToken,
            () => 7);
        Assert.NotEmpty(count.ResidentBytes);
        Assert.All(count.ResidentBytes, bytes => Assert.Equal(7, bytes));
    }
}
