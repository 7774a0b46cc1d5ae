using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Access;

/// <summary>API keys on a server with a model: limits, rotation, and what is logged of them.</summary>
public sealed class ApiKeyTests : IDisposable
{
    private readonly TestCredentials _credentials = new();

    public void Dispose() => _credentials.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Embed_MoreItemsThanTheRate_IsResourceExhaustedWithARetryHint()
    {
        await using var server = await StartAsync("roles=infer rate=0.001 burst=3");
        await EmbedAsync(server, "k", "a", "b", "c");
        var refused = await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(server, "k", "d"));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.True(int.Parse(refused.Trailers.GetValue("grpc-retry-pushback-ms")!) > 1000);
        var never = await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(server, "k", "a", "b", "c", "d"));
        Assert.Equal(StatusCode.InvalidArgument, never.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task EmbedStream_MoreItemsThanTheRate_IsTheErrorOfThoseItems()
    {
        await using var server = await StartAsync("roles=infer rate=0.001 burst=2");
        using var call = server.Clip.EmbedStream(Limited().WithHeaders(Key("k")));
        for (var i = 0; i < 4; i++)
            await call.RequestStream.WriteAsync(Item($"{i}"));
        await call.RequestStream.CompleteAsync();

        var codes = new List<StatusCode>();
        while (await call.ResponseStream.MoveNext())
            codes.Add((StatusCode)(call.ResponseStream.Current.Result.Error?.Code ?? 0));
        Assert.Equal(2, codes.Count(code => code == StatusCode.OK));
        Assert.Equal(2, codes.Count(code => code == StatusCode.ResourceExhausted));
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_BesideAnOpenStream_IsRefusedAtTheLimitOfCalls()
    {
        await using var server = await StartAsync("roles=infer concurrency=1");
        using (var call = server.Clip.EmbedStream(Limited().WithHeaders(Key("k"))))
        {
            await call.RequestStream.WriteAsync(Item("1"));
            Assert.True(await call.ResponseStream.MoveNext());
            var refused = await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(server, "k", "a"));
            Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext());
        }

        // The status is sent a moment before the call no longer counts.
        while (await StatusAsync(server, "k") == StatusCode.ResourceExhausted)
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        Assert.Equal(StatusCode.OK, await StatusAsync(server, "k"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Rotation_UnderLoad_FailsNoCallOfAKeyThatStaysAndEndsTheOld()
    {
        _credentials.WriteKeys(
            TestCredentials.Line("stays", "stays", "roles=infer"), TestCredentials.Line("old", "old", "roles=infer"));
        await using var server = await RunningServer.StartAsync(_credentials.AccessSettings);
        using var stop = new CancellationTokenSource();
        var load = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await EmbedAsync(server, "stays", "a");
        });
        await EmbedAsync(server, "old", "a");
        _credentials.WriteKeys(
            TestCredentials.Line("stays", "stays", "roles=infer"), TestCredentials.Line("new", "new", "roles=infer"));
        while (await StatusAsync(server, "new") != StatusCode.OK)
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        Assert.Equal(StatusCode.Unauthenticated, await StatusAsync(server, "old"));
        await stop.CancelAsync();
        await load;
    }

    [Fact(Timeout = 60_000)]
    public async Task Logs_OfAWholeRun_HoldNeitherKeysNorTokensNorTexts()
    {
        const string Text = "a text that nobody may read";
        var log = new LogRecorder();
        var settings = _credentials.AccessSettings;
        settings["Logging:LogLevel:Default"] = "Trace";
        await using var server = await RunningServer.StartAsync(
            settings, builder => builder.Logging.AddProvider(log));
        var token = _credentials.Token("infer");
        await EmbedAsync(server, TestCredentials.InferKey, Text);
        await EmbedAsync(server, token, Text);
        await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(server, "a-wrong-secret", Text));
        await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(server, $"{token}x", Text));
        await Assert.ThrowsAsync<RpcException>(async () => await server.Models.UnloadModelAsync(
            new UnloadModelRequest { Name = "demo" }, Limited().WithHeaders(Key(TestCredentials.InferKey))));

        var records = log.Records;
        Assert.Contains(records, record => record.Text.Contains("UnloadModel refused for inference"));
        foreach (var secret in new[] { TestCredentials.InferKey, "a-wrong-secret", Text, token, token[^40..] })
        {
            Assert.DoesNotContain(
                records,
                record => record.Text.Contains(secret) || record.Exception?.ToString().Contains(secret) == true);
        }
    }

    private Task<RunningServer> StartAsync(string settings)
    {
        _credentials.WriteKeys(TestCredentials.Line("caller", "k", settings));
        return RunningServer.StartAsync(_credentials.AccessSettings);
    }

    private static async Task<StatusCode> StatusAsync(RunningServer server, string key)
    {
        try
        {
            await EmbedAsync(server, key, "a");
            return StatusCode.OK;
        }
        catch (RpcException exception)
        {
            return exception.StatusCode;
        }
    }

    private static async Task EmbedAsync(RunningServer server, string key, params string[] texts)
    {
        var request = new EmbedRequest();
        request.Inputs.AddRange(texts.Select(text => new Input { Text = text }));
        await server.Clip.EmbedAsync(request, Limited().WithHeaders(Key(key)));
    }

    private static EmbedStreamRequest Item(string id) => new() { Id = id, Input = new Input { Text = "a" } };

    private static Metadata Key(string key) => new() { { "authorization", $"Bearer {key}" } };
}
