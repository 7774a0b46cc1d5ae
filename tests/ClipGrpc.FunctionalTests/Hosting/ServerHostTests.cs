using System.Net;
using System.Text;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Health;
using ClipGrpc.Serving;
using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.FunctionalTests.Hosting;

public sealed class ServerHostTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    public async Task Get_OnTheHttpPort_Answers(string path)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await BareServer.StartAsync(cancellation);

        using var response = await server.Http.GetAsync(path, cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("text/plain", response.Content.Headers.ContentType?.ToString());
    }

    [Theory(Timeout = 30_000)]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    public async Task Get_OnTheGrpcPort_IsNotFound(string path)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await BareServer.StartAsync(cancellation);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.GrpcAddress, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await client.SendAsync(request, cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task GrpcCall_OnTheHttpPort_IsNotFound()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await BareServer.StartAsync(cancellation);
        using var content = new ByteArrayContent(new byte[5]);
        content.Headers.ContentType = new("application/grpc");

        using var response = await server.Http.PostAsync("/grpc.health.v1.Health/Check", content, cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task Readyz_PartsNotReady_Is503AndNamesThem()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var part = new FakePart("Model b32 is loading.");
        await using var server = await BareServer.StartAsync(
            cancellation,
            customise: builder => builder.Services.AddSingleton<IReadiness>(part).AddSingleton<ILiveness>(part));

        var before = await GetAsync(server, "/readyz", cancellation);
        part.IsFine = true;
        var after = await GetAsync(server, "/readyz", cancellation);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Model b32 is loading.\n"), before);
        Assert.Equal((HttpStatusCode.OK, "ready\n"), after);
    }

    [Fact(Timeout = 30_000)]
    public async Task Healthz_PartFailed_Is503AndNamesIt()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var part = new FakePart("Queue demo/image failed.");
        await using var server = await BareServer.StartAsync(
            cancellation, customise: builder => builder.Services.AddSingleton<ILiveness>(part));

        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "Queue demo/image failed.\n"),
            await GetAsync(server, "/healthz", cancellation));
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await GetAsync(server, "/readyz", cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task Health_ModelSet_IsAnsweredByNameAndWatched()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await BareServer.StartAsync(cancellation);
        var health = server.App.Services.GetRequiredService<ModelHealth>();
        var client = new Health.HealthClient(server.Channel);
        health.Set("demo", ServingStatus.NotServing);
        using var watch = client.Watch(
            new HealthCheckRequest { Service = "model/demo" }, cancellationToken: cancellation);

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch, cancellation));
        health.Set("demo", ServingStatus.Serving);

        Assert.Equal(ServingStatus.Serving, await NextAsync(watch, cancellation));
        Assert.Equal(ServingStatus.Serving, await CheckAsync(client, "model/demo", cancellation));
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(client, "", cancellation));
        Assert.Equal(ServingStatus.Serving, await CheckAsync(client, "clipgrpc.v1.ModelService", cancellation));
        var unknown = await Assert.ThrowsAsync<RpcException>(() => CheckAsync(client, "model/other", cancellation));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task Stop_WithAWatcher_TellsItAndDoesNotWaitForIt()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await BareServer.StartAsync(
            cancellation, new() { ["Clip:Server:ShutdownTimeout"] = "15m" });
        var health = server.App.Services.GetRequiredService<ModelHealth>();
        health.SetServer(true);
        using var watch = new Health.HealthClient(server.Channel)
            .Watch(new HealthCheckRequest(), cancellationToken: cancellation);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch, cancellation));

        var stop = server.App.StopAsync(cancellation);

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch, cancellation));
        Assert.False(await watch.ResponseStream.MoveNext(cancellation));
        await stop;
        Assert.False(server.App.Services.GetRequiredService<DrainState>().IsReady);
        health.Set("late", ServingStatus.Serving);
        var late = await health.Check(new HealthCheckRequest { Service = "model/late" }, null!);
        Assert.Equal(ServingStatus.NotServing, late.Status);
    }

    /// <summary>After a signal the host announces the stop before anything else, and the drain comes later.</summary>
    [Fact(Timeout = 30_000)]
    public async Task Stop_AfterASignal_TellsAWatcherBeforeItsCallEnds()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await BareServer.StartAsync(cancellation);
        server.App.Services.GetRequiredService<ModelHealth>().SetServer(true);
        using var watch = new Health.HealthClient(server.Channel)
            .Watch(new HealthCheckRequest(), cancellationToken: cancellation);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch, cancellation));

        server.App.Lifetime.StopApplication();
        var stop = server.App.StopAsync(cancellation);

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch, cancellation));
        Assert.False(await watch.ResponseStream.MoveNext(cancellation));
        await stop;
    }

    [Fact(Timeout = 30_000)]
    public async Task Stop_WithACallRunning_IsNotReadyAtOnceAndAnswersIt()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var service = new EchoService();
        await using var server = await StartAsync(service, cancellation);
        var call = EchoAsync(server, new EmbedRequest { Model = "wait" }, cancellation);
        await service.Entered.WaitAsync(cancellation);

        var stop = server.App.StopAsync(cancellation);
        Assert.False(server.App.Services.GetRequiredService<DrainState>().IsReady);
        Assert.False(stop.IsCompleted);
        service.Release();

        Assert.Equal("wait", (await call).Model.Name);
        await stop;
    }

    [Fact(Timeout = 30_000)]
    public async Task Message_UpToTheLimit_PassesAndBeyondIsRefused()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await StartAsync(new EchoService(), cancellation);
        var reply = await EchoAsync(server, CreateRequest(32 * 1024 * 1024 - 64), cancellation);
        var refusal = await Assert.ThrowsAsync<RpcException>(
            () => EchoAsync(server, CreateRequest(33 * 1024 * 1024), cancellation));

        Assert.Equal("text", reply.Model.Name);
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task Reflection_Services_AreListed()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await BareServer.StartAsync(cancellation);
        var method = new Method<byte[], byte[]>(
            MethodType.DuplexStreaming, "grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo",
            Marshallers.Create(bytes => bytes, bytes => bytes), Marshallers.Create(bytes => bytes, bytes => bytes));
        using var call = server.Channel.CreateCallInvoker()
            .AsyncDuplexStreamingCall(method, null, new CallOptions(cancellationToken: cancellation));

        // ServerReflectionRequest.list_services, field 7, of any text.
        await call.RequestStream.WriteAsync([0x3a, 0x01, (byte)'*'], cancellation);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(cancellation));

        var reply = Encoding.UTF8.GetString(call.ResponseStream.Current);
        Assert.Contains("clipgrpc.v1.ClipService", reply);
        Assert.Contains("grpc.health.v1.Health", reply);
    }

    [Fact(Timeout = 30_000)]
    public async Task Metrics_AfterCalls_CountThemByRpcAndStatus()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await StartAsync(new EchoService(), cancellation);
        await EchoAsync(server, new EmbedRequest(), cancellation);
        await Assert.ThrowsAsync<RpcException>(
            () => EchoAsync(server, new EmbedRequest { Model = "none" }, cancellation));
        var (_, text) = await GetAsync(server, "/metrics", cancellation);

        Assert.Contains("clip_requests_total{rpc=\"Echo\",status=\"OK\"} 1", text);
        Assert.Contains("clip_requests_total{rpc=\"Echo\",status=\"NOT_FOUND\"} 1", text);
        Assert.Contains("clip_request_duration_seconds_count{rpc=\"Echo\",status=\"OK\"} 1", text);
        Assert.Contains("clip_active_requests{rpc=\"Echo\"} 0", text);
        Assert.Contains("process_cpu_seconds_total", text);
    }

    private static Task<BareServer> StartAsync(EchoService service, CancellationToken cancellation) =>
        BareServer.StartAsync(
            cancellation, customise: builder => builder.Services.AddSingleton(service),
            map: app => app.MapGrpcService<EchoService>().WithMetadata(new AccessRule(Roles.None)));

    private static async Task<EmbedResponse> EchoAsync(
        BareServer server, EmbedRequest request, CancellationToken cancellation)
    {
        using var call = server.Channel.CreateCallInvoker()
            .AsyncUnaryCall(
                EchoServiceBase.EchoMethod, null, new CallOptions(cancellationToken: cancellation), request);
        return await call;
    }

    private static EmbedRequest CreateRequest(int bytes) => new()
    {
        Model = "text",
        Inputs = { new Input { Image = new Image { Encoded = ByteString.CopyFrom(new byte[bytes]) } } },
    };

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(
        BareServer server, string path, CancellationToken cancellation)
    {
        using var response = await server.Http.GetAsync(path, cancellation);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellation));
    }

    private static async Task<ServingStatus> NextAsync(
        AsyncServerStreamingCall<HealthCheckResponse> watch, CancellationToken cancellation)
    {
        Assert.True(await watch.ResponseStream.MoveNext(cancellation));
        return watch.ResponseStream.Current.Status;
    }

    private static async Task<ServingStatus> CheckAsync(
        Health.HealthClient client, string service, CancellationToken cancellation) =>
        (await client.CheckAsync(new HealthCheckRequest { Service = service }, cancellationToken: cancellation)).Status;

    private sealed class FakePart(string description) : IReadiness, ILiveness
    {
        public bool IsFine { get; set; }

        public bool IsReady => IsFine;

        public bool IsAlive => IsFine;

        public string Describe() => description;
    }
}
