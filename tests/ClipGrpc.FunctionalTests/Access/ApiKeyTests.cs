using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.V1;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
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

    /// <summary>Every interface, with valid and with invalid requests, at the most detailed level of logs.</summary>
    [Fact(Timeout = 120_000)]
    public async Task Logs_OfAWholeRun_HoldNeitherKeysNorTokensNorContent()
    {
        const string Text = "a text that nobody may read";
        const string WrongKey = "a-wrong-secret";
        var log = new LogRecorder();
        var settings = _credentials.AccessSettings;
        settings["Logging:LogLevel:Default"] = "Trace";
        await using var server = await RunningServer.StartAsync(
            settings, builder => builder.Logging.AddProvider(log));
        var token = _credentials.Token("infer");
        foreach (var credential in new[] { TestCredentials.InferKey, token, WrongKey, $"{token}x" })
        {
            await CallEverythingAsync(server, credential, Text);
            await PostEverywhereAsync(server, credential, Text);
        }

        var records = log.Records;
        Assert.Contains(records, record => record.Text.Contains("UnloadModel rejected a call of inference: "));
        Assert.Contains(records, record => record.Text.Contains("/v1/embeddings rejected a call of "));
        string[] secrets = [TestCredentials.InferKey, WrongKey, Text, Base64(Text), token, token[^40..]];
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(
                records,
                record => record.Text.Contains(secret) || record.Exception?.ToString().Contains(secret) == true);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Audit_LoadUnloadReloadAndRefusal_AreOneLineEachWithTheCaller()
    {
        var log = new LogRecorder();
        var settings = _credentials.AccessSettings;
        settings["Logging:LogLevel:Default"] = "Information";
        await using var server = await RunningServer.StartAsync(
            settings, builder => builder.Logging.AddProvider(log));
        var admin = Limited().WithHeaders(Key(TestCredentials.AdminKey));
        var model = await server.Models.LoadModelAsync(
            new LoadModelRequest { Source = "demo", Name = "other" }, admin);
        await server.Models.UnloadModelAsync(new UnloadModelRequest { Name = "other" }, admin);
        await Assert.ThrowsAsync<RpcException>(() => EmbedAsync(server, TestCredentials.MetricsKey, "a"));
        _credentials.WriteKeys(TestCredentials.Line("new", "new", "roles=infer"));
        while (await StatusAsync(server, "new") != StatusCode.OK)
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();

        var own = log.Records.Where(record => record.Category.Contains("Clip"));
        string[] lines = [.. own.Select(record => record.Text)];
        Assert.Single(lines, $"admins loaded the model other, revision {model.Revision}, from demo.");
        Assert.Single(lines, "admins unloaded the model other.");
        Assert.Single(lines, line => line.Contains("Embed rejected a call of metrics: "));
        Assert.Single(lines, line => line.StartsWith("API keys reloaded from ", StringComparison.Ordinal));
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>What an endpoint says to it does not matter here.</summary>
    private static async Task CallEverythingAsync(RunningServer server, string credential, string text)
    {
        var options = Limited().WithHeaders(Key(credential));
        var sentence = new Input { Text = text };
        var image = new Input { Image = Image(System.Text.Encoding.UTF8.GetBytes(text)) };
        await TryAsync(server.Clip.EmbedAsync(new EmbedRequest { Inputs = { sentence, image } }, options));
        await TryAsync(server.Clip.EmbedAsync(new EmbedRequest { Inputs = { sentence }, Model = text }, options));
        await TryAsync(server.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { image.Image }, LabelSet = Labels(text, text) }, options));
        await TryAsync(server.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { ImageInput("cat.jpg").Image }, LabelSet = Labels(text) }, options));
        await TryAsync(server.Clip.CreateLabelSetAsync(
            new CreateLabelSetRequest { LabelSet = Labels(text) }, options));
        await TryAsync(server.Clip.RankAsync(
            new RankRequest { Query = sentence, Candidates = { sentence, image } }, options));
        await TryAsync(server.Models.UnloadModelAsync(new UnloadModelRequest { Name = "demo" }, options));
        using (var stream = server.Clip.EmbedStream(options))
        {
            EmbedStreamRequest[] items = [new() { Id = "1", Input = sentence }, new() { Id = text, Input = image }];
            await StreamAsync(stream, items);
        }

        using var video = server.Clip.ClassifyStream(options);
        await StreamAsync(
            video,
            new ClassifyStreamRequest { Config = new ClassifyStreamConfig { LabelSet = Labels(text) } },
            new ClassifyStreamRequest { Frame = new Frame { FrameId = 1, Image = image.Image } });
    }

    private static async Task PostEverywhereAsync(RunningServer server, string credential, string text)
    {
        string[] bodies =
        [
            $$"""{"input":"{{text}}","inputs":"{{text}}","texts":["{{text}}"],"query":"{{text}}"}""",
            $$"""{"model":"demo","input":["{{text}}",{"image":"{{Base64(text)}}"}],"images":["{{Base64(text)}}"]}""",
            $$"""{"query":"{{text}}","documents":["{{text}}"],"texts":["{{text}}"],"labels":["{{text}}"]}""",
            $$"""{"input": "{{text}}" {{text}}""",
            text,
        ];
        var paths = server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is null)
            .Select(endpoint => endpoint.RoutePattern.RawText!)
            .Where(path => !path.Contains("{unimplemented", StringComparison.Ordinal));
        foreach (var path in paths.Distinct())
        {
            foreach (var body in bodies)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path.Replace("{**", "").Replace("}", ""))
                {
                    Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
                };
                request.Headers.TryAddWithoutValidation("authorization", $"Bearer {credential}");
                using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            }
        }
    }

    private static async Task StreamAsync<TRequest, TResponse>(
        AsyncDuplexStreamingCall<TRequest, TResponse> call, params TRequest[] requests)
    {
        try
        {
            foreach (var request in requests)
                await call.RequestStream.WriteAsync(request);
            await call.RequestStream.CompleteAsync();
            while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            {
            }
        }
        catch (RpcException)
        {
            // Refused calls are part of the run.
        }
    }

    private static async Task TryAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
        }
        catch (RpcException)
        {
            // Refused calls are part of the run.
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
