using System.Net;
using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Health.V1;
using static ClipGrpc.TestSupport.Make;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>What callers, health and probes see when the runtime fails.</summary>
public sealed class RuntimeFailureTests
{
    [Theory(Timeout = 120_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Embed_RuntimeFailsOnce_IsInternalAndTheNextCallHasANewEncoder(bool image)
    {
        await using var server = await GatedServer.StartAsync();
        var created = server.Encoders.Created;
        server.Encoders.Fail(1);

        var error = await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(server, image));
        var next = await EmbedAsync(server, image);

        AssertInternal(error);
        Assert.Equal(128, Values(next.Results[0]).Length);
        Assert.Equal(created + 1, server.Encoders.Created);
        Assert.Equal(HttpStatusCode.OK, (await server.Server.Http.GetAsync("/healthz")).StatusCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task EmbedStream_RuntimeFailsOnce_IsThatItemsErrorAndTheStreamGoesOn()
    {
        await using var server = await GatedServer.StartAsync();
        server.Encoders.Fail(1);
        using var call = server.Clip.EmbedStream(Limited());

        await call.RequestStream.WriteAsync(new EmbedStreamRequest { Id = "fails", Input = ImageInput("cat.jpg") });
        Assert.True(await call.ResponseStream.MoveNext());
        var failed = call.ResponseStream.Current;
        await call.RequestStream.WriteAsync(new EmbedStreamRequest { Id = "works", Input = ImageInput("cat.jpg") });
        Assert.True(await call.ResponseStream.MoveNext());

        Assert.Equal((int)StatusCode.Internal, failed.Result.Error.Code);
        Assert.DoesNotContain(GatedEncoders.Secret, failed.ToString());
        Assert.Equal(128, Values(call.ResponseStream.Current.Result).Length);
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_RuntimeFailsThreeTimes_StopsServingUntilLoadedAnew()
    {
        await using var server = await GatedServer.StartAsync();
        var health = new Health.HealthClient(server.Server.Channel);
        using var watch = health.Watch(new HealthCheckRequest { Service = "model/demo" }, Limited());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        server.Encoders.Fail(3);

        for (var i = 0; i < 3; i++)
            AssertInternal(await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(server, image: true)));

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.Equal(ServingStatus.NotServing, (await health.CheckAsync(new HealthCheckRequest(), Limited())).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.Server.Http.GetAsync("/readyz")).StatusCode);
        var healthz = await server.Server.Http.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, healthz.StatusCode);
        Assert.Contains("demo", await healthz.Content.ReadAsStringAsync());
        var model = await server.Server.Models.GetModelAsync(new GetModelRequest { Name = "demo" }, Limited());
        Assert.Equal(ModelState.Failed, model.State);
        var refused = await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(server, image: false));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);

        await server.Server.Models.UnloadModelAsync(new UnloadModelRequest { Name = "demo" }, Limited());
        await server.Server.Models.LoadModelAsync(new LoadModelRequest { Source = "demo", Name = "demo" }, Limited());

        Assert.Equal(128, Values((await EmbedAsync(server, image: true)).Results[0]).Length);
        Assert.Equal(ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest(), Limited())).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.Server.Http.GetAsync("/healthz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Server.Http.GetAsync("/readyz")).StatusCode);
    }

    private static Task<EmbedResponse> EmbedAsync(GatedServer server, bool image) => server.Clip.EmbedAsync(
        new EmbedRequest { Inputs = { image ? ImageInput("cat.jpg") : Sentence("a cat") } }, Limited()).ResponseAsync;

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext());
        return watch.ResponseStream.Current.Status;
    }

    private static void AssertInternal(RpcException error)
    {
        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Contains("runtime failed", error.Status.Detail);
        Assert.DoesNotContain(GatedEncoders.Secret, error.ToString());
        Assert.DoesNotContain("Exception", error.Status.Detail);
    }
}
