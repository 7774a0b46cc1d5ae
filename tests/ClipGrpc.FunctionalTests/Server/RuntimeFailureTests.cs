using System.Net;
using ClipGrpc.Server.Hosting;
using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
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
        server.Encoders.Fail(2); // the batch, and the check of its encoder

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
        await using var server = await GatedServer.StartAsync(new() { ["Clip:Server:ExitOnFailure"] = "never" });
        var health = new Health.HealthClient(server.Server.Channel);
        using var watch = health.Watch(new HealthCheckRequest { Service = "model/demo" }, Limited());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        server.Encoders.Fail(6); // each batch, and the check of its encoder

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

    [Theory(Timeout = 120_000)]
    [InlineData("all", true)]
    [InlineData("any", true)]
    [InlineData("never", false)]
    public async Task Embed_TheOnlyModelHasFailed_TheServerEndsIfItMay(string exitOnFailure, bool ends)
    {
        await using var server = await GatedServer.StartAsync(new() { ["Clip:Server:ExitOnFailure"] = exitOnFailure });
        var health = new Health.HealthClient(server.Server.Channel);
        using var watch = health.Watch(new HealthCheckRequest { Service = "model/demo" }, Limited());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        var stopping = new TaskCompletionSource();
        server.Server.App.Lifetime.ApplicationStopping.Register(stopping.SetResult);
        server.Encoders.Fail(6);

        for (var i = 0; i < 3; i++)
            AssertInternal(await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(server, image: true)));
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));

        if (ends)
            await stopping.Task.WaitAsync(RunningServer.Limit);
        Assert.Equal(
            ends ? ExitCodes.ModelsFailed : ExitCodes.Success,
            server.Server.App.Services.GetRequiredService<ProcessExit>().Code);
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_DeviceRunsOutOfMemory_ModelIsNotServingUntilItHasRestarted()
    {
        await using var server = await GatedServer.StartAsync();
        var health = new Health.HealthClient(server.Server.Channel);
        using var watch = health.Watch(new HealthCheckRequest { Service = "model/demo" }, Limited());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        server.Encoders.Fail(1, "bad allocation");

        var error = await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(server, image: true));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        Assert.Equal(128, Values((await EmbedAsync(server, image: true)).Results[0]).Length);
        Assert.Equal(HttpStatusCode.OK, (await server.Server.Http.GetAsync("/readyz")).StatusCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_InferenceIsStuck_LivenessFailsAndMetricsCountIt()
    {
        var log = new LogRecorder();
        await using var server = await GatedServer.StartAsync(
            new()
            {
                ["Clip:Server:ExitOnFailure"] = "never",
                ["Clip:Batching:StuckAfter"] = "1s",
                ["Clip:Batching:ShutdownTimeout"] = "1s",
            },
            builder => builder.Logging.AddProvider(log));

        var held = await server.HoldDeviceAsync();

        var error = await Assert.ThrowsAsync<RpcException>(() => held);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        while ((await server.Server.Http.GetAsync("/healthz")).StatusCode == HttpStatusCode.OK)
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        var metrics = await server.Server.Http.GetStringAsync("/metrics");
        Assert.Contains("clip_stuck_batches_total{model=\"demo\",tower=\"text\"} 1\n", metrics);
        var line = Assert.Single(log.Records, record => record.Text.Contains("stuck"));
        Assert.Null(line.Exception);
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
