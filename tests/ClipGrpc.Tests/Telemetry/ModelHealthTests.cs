using System.Threading.Channels;
using ClipGrpc.Server.Health;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.Tests.Telemetry;

public sealed class ModelHealthTests
{
    private readonly ModelHealth _health = new();

    [Fact]
    public void Find_AtTheStart_ServesModelsOnly()
    {
        Assert.Equal(ServingStatus.NotServing, _health.Find(""));
        Assert.Equal(ServingStatus.NotServing, _health.Find("clipgrpc.v1.ClipService"));
        Assert.Equal(ServingStatus.Serving, _health.Find("clipgrpc.v1.ModelService"));
        Assert.Null(_health.Find("model/demo"));
    }

    [Fact]
    public void SetServer_Serving_CoversServerAndClipService()
    {
        _health.SetServer(true);

        Assert.Equal(ServingStatus.Serving, _health.Find(""));
        Assert.Equal(ServingStatus.Serving, _health.Find("clipgrpc.v1.ClipService"));
    }

    [Fact]
    public void Watch_SeveralChanges_GivesTheLatest()
    {
        var watch = _health.Watch("model/demo");
        Assert.Equal(ServingStatus.ServiceUnknown, Next(watch));

        _health.Set("demo", ServingStatus.NotServing);
        _health.Set("demo", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, Next(watch));

        _health.Set("demo", ServingStatus.Serving);
        Assert.False(watch.TryRead(out _));

        _health.Remove("demo");
        Assert.Equal(ServingStatus.ServiceUnknown, Next(watch));
        Assert.Null(_health.Find("model/demo"));
    }

    [Fact]
    public void Unwatch_LaterChanges_AreNotKept()
    {
        var watch = _health.Watch("");
        Next(watch);

        _health.Unwatch("", watch);
        _health.SetServer(true);

        Assert.False(watch.TryRead(out _));
    }

    [Fact]
    public void Drain_EverythingSet_StopsServingForGood()
    {
        _health.SetServer(true);
        _health.Set("demo", ServingStatus.Serving);
        var watch = _health.Watch("model/demo");
        Next(watch);

        _health.Drain();
        _health.SetServer(true);
        _health.Set("demo", ServingStatus.Serving);

        Assert.All(
            ["", "clipgrpc.v1.ClipService", "clipgrpc.v1.ModelService", "model/demo"],
            service => Assert.Equal(ServingStatus.NotServing, _health.Find(service)));
        Assert.Equal(ServingStatus.NotServing, Next(watch));
        Assert.True(watch.Completion.IsCompletedSuccessfully);
        Assert.Equal(ServingStatus.NotServing, Next(_health.Watch("")));
    }

    private static ServingStatus Next(ChannelReader<ServingStatus> watch)
    {
        Assert.True(watch.TryRead(out var status));
        return status;
    }
}
