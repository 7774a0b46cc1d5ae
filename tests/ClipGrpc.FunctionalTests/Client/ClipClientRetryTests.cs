using ClipGrpc.Client;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipClientRetryTests
{
    [Theory(Timeout = 30_000)]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.ResourceExhausted)]
    public async Task EmbedTextAsync_FailsTwiceForTheMoment_IsRepeated(StatusCode status)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = FailFirst(2, status);
        using var client = server.CreateClient();

        var embedding = await client.EmbedTextAsync("cat", cancellationToken: token);

        Assert.Equal(3f, embedding.Vector.Span[0]);
        Assert.Equal(3, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_FailsForGood_StopsAfterMaxAttempts()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = FailFirst(100, StatusCode.Unavailable);
        using var client = server.CreateClient(options => options.MaxAttempts = 4);

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.False(error.IsConnectionFailure);
        Assert.Equal(4, server.Log.Count("Embed"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.DeadlineExceeded)]
    [InlineData(StatusCode.PermissionDenied)]
    public async Task EmbedTextAsync_OtherStatus_IsNotRepeated(StatusCode status)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = FailFirst(100, status);
        using var client = server.CreateClient();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token));

        Assert.Equal(status, error.StatusCode);
        Assert.Equal(1, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_PushbackForbids_IsNotRepeated()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = FailFirst(100, StatusCode.ResourceExhausted, pushback: "-1");
        using var client = server.CreateClient();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token));

        Assert.Equal(1, server.Log.Count("Embed"));
        Assert.Null(error.RetryAfter);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_Pushback_OverridesTheBackoff()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = FailFirst(1, StatusCode.ResourceExhausted, pushback: "1");
        // The client's own wait is longer than the test's patience.
        using var client = server.CreateClient(options =>
        {
            options.InitialBackoff = options.MaxBackoff = TimeSpan.FromHours(10);
            options.Timeout = TimeSpan.FromHours(1);
        });

        await client.EmbedTextAsync("cat", cancellationToken: token).WaitAsync(ScriptedServer.Patience, token);

        Assert.Equal(2, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_RetryInfoOrPushback_IsInTheException()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options => options.MaxAttempts = 1);
        server.Clip.Before = FailFirst(100, StatusCode.ResourceExhausted, pushback: "250");
        var pushback = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token));
        server.Clip.Before = _ => throw new Google.Rpc.Status
        {
            Code = (int)StatusCode.ResourceExhausted,
            Message = "full",
            Details =
            {
                Google.Protobuf.WellKnownTypes.Any.Pack(new Google.Rpc.RetryInfo
                {
                    RetryDelay = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(3)),
                }),
            },
        }.ToRpcException();
        var info = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token));

        Assert.Equal(TimeSpan.FromMilliseconds(250), pushback.RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(3), info.RetryAfter);
        Assert.Equal("full", info.Message);
        Assert.Equal(2, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedImageAsync_LargeRequest_IsRepeatedToo()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = FailFirst(1, StatusCode.Unavailable);
        using var client = server.CreateClient();

        var embedding = await client.EmbedImageAsync(
            ClipImage.FromBytes(new byte[20 * 1024 * 1024]), cancellationToken: token);

        Assert.Equal(20 * 1024 * 1024f, embedding.Vector.Span[0]);
        Assert.Equal(2, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task LoadAndUnloadModel_Unavailable_AreNotRepeated()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Models.Before = _ => throw new RpcException(new Status(StatusCode.Unavailable, "draining"));
        using var client = server.CreateClient(options => options.MaxAttempts = 4);

        await Assert.ThrowsAsync<ClipClientException>(() => client.LoadModelAsync("demo", cancellationToken: token));
        await Assert.ThrowsAsync<ClipClientException>(() => client.UnloadModelAsync("demo", token));
        await Assert.ThrowsAsync<ClipClientException>(() => client.GetModelAsync("demo", token));

        Assert.Equal(1, server.Log.Count("LoadModel"));
        Assert.Equal(1, server.Log.Count("UnloadModel"));
        Assert.Equal(4, server.Log.Count("GetModel"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_OverloadWithoutHint_StopsAfterFourAttempts()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = FailFirst(100, StatusCode.ResourceExhausted);
        using var client = server.CreateClient();

        await Assert.ThrowsAsync<ClipClientException>(() => client.EmbedTextAsync("a", cancellationToken: token));

        Assert.Equal(4, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_OverloadWithHint_IsRepeatedUntilItSucceeds()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = FailFirst(20, StatusCode.ResourceExhausted, pushback: "1");
        using var client = server.CreateClient();

        await client.EmbedTextAsync("a", cancellationToken: token);

        Assert.Equal(21, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_ResponseOverTheClientsLimit_IsNotRepeated()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbed = _ => new ClipGrpc.V1.EmbedResponse
        {
            Model = new ClipGrpc.V1.ModelRef { Name = new string('x', 5000) },
        };
        using var client = server.CreateClient(options => options.MaxMessageBytes = 2048);

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal(1, server.Log.Count("Embed"));
    }

    /// <summary>As when the server's process is killed while it works.</summary>
    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_ConnectionBreaksDuringTheCall_IsRepeated()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var calls = 0;
        server.Clip.Before = async context =>
        {
            if (Interlocked.Increment(ref calls) > 1)
                return;
            server.AbortConnections();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };
        using var client = server.CreateClient();

        await client.EmbedTextAsync("a", cancellationToken: token);

        Assert.Equal(2, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task LoadModel_ConnectionBreaksDuringTheCall_IsNotRepeated()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Models.Before = context =>
        {
            server.AbortConnections();
            context.CancellationToken.WaitHandle.WaitOne(ScriptedServer.Patience);
        };
        using var client = server.CreateClient();

        await Assert.ThrowsAsync<ClipClientException>(() => client.LoadModelAsync("demo", cancellationToken: token));

        Assert.Equal(1, server.Log.Count("LoadModel"));
    }

    private static Func<ServerCallContext, Task> FailFirst(int failures, StatusCode status, string? pushback = null)
    {
        var calls = 0;
        return _ =>
        {
            if (Interlocked.Increment(ref calls) > failures)
                return Task.CompletedTask;
            var trailers = new Metadata();
            if (pushback is not null)
                trailers.Add("grpc-retry-pushback-ms", pushback);
            throw new RpcException(new Status(status, "not now"), trailers);
        };
    }
}
