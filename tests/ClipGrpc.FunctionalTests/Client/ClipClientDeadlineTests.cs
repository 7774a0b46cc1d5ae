using ClipGrpc.Client;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipClientDeadlineTests
{
    private static readonly ClipLabels Labels = new(["cat", "dog"]);
    private static readonly ClipImage Image = ClipImage.FromBytes("payload"u8.ToArray());

    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());

    [Fact(Timeout = 30_000)]
    public async Task ClassifyAsync_LabelSetIsMadeAgain_OneDeadlineForAllCalls()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = CreateClient(server);
        var set = await client.CreateLabelSetAsync(Labels, cancellationToken: token);
        server.Clip.Before = context =>
        {
            // Each call takes a quarter of an hour, and the set is lost whenever it is asked for.
            _clock.Advance(TimeSpan.FromMinutes(15));
            server.Clip.LabelSets.Clear();
            return Task.CompletedTask;
        };
        var deadline = _clock.GetUtcNow().UtcDateTime + TimeSpan.FromHours(2);

        await client.ClassifyAsync(Image, set, new ClassifyCallOptions { Timeout = TimeSpan.FromHours(2) }, token);

        var calls = server.Log.Calls.Skip(1).ToArray();
        Assert.Equal(["Classify", "CreateLabelSet", "Classify", "Classify"], calls.Select(call => call.Method));
        // The wire carries the time that is left, by the real clock.
        Assert.All(calls, call => Assert.InRange(
            call.Deadline - deadline, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1)));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_LimitsTakeLongerThanTheTimeout_IsDeadlineExceeded()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = CreateClient(server);
        var arrived = new TaskCompletionSource();
        server.Models.Before = context =>
        {
            arrived.TrySetResult();
            context.CancellationToken.WaitHandle.WaitOne(ScriptedServer.Patience);
        };

        var call = client.EmbedTextsAsync(
            ["a"], new EmbedCallOptions { Timeout = TimeSpan.FromMinutes(1) }, token);
        await arrived.Task.WaitAsync(ScriptedServer.Patience, token);
        _clock.Advance(TimeSpan.FromMinutes(2));

        var error = await Assert.ThrowsAsync<ClipClientException>(() => call).WaitAsync(ScriptedServer.Patience, token);
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task EveryCall_InfiniteTimeout_HasNoDeadline()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(
            options => options.Timeout = options.LoadTimeout = Timeout.InfiniteTimeSpan);
        var items = new[] { new EmbedStreamItem("1", "a") }.ToAsyncEnumerable();

        await client.EmbedTextAsync("a", cancellationToken: token);
        await client.EmbedTextsAsync(["a"], cancellationToken: token);
        await client.ClassifyAsync(Image, Labels, cancellationToken: token);
        await client.LoadModelAsync("demo", cancellationToken: token);
        await client.EmbedStreamAsync(
            items, new EmbedCallOptions { Timeout = Timeout.InfiniteTimeSpan }, cancellationToken: token)
            .ToArrayAsync(token);

        Assert.Equal(6, server.Log.Calls.Count);
        Assert.All(server.Log.Calls, call => Assert.Equal(DateTime.MaxValue, call.Deadline));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_InfiniteTimeoutOfTheCall_HasNoDeadline()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        await client.EmbedTextAsync("a", new EmbedCallOptions { Timeout = Timeout.InfiniteTimeSpan }, token);

        Assert.Equal(DateTime.MaxValue, server.Log.Calls.Single().Deadline);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_ServerCancelsForThePassedDeadline_IsDeadlineExceeded()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = CreateClient(server);
        server.Clip.Before = _ =>
        {
            _clock.Advance(TimeSpan.FromHours(1));
            throw new RpcException(new Status(StatusCode.Cancelled, "cancelled"));
        };

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        Assert.IsType<RpcException>(error.InnerException);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_ServerCancelsBeforeTheDeadline_IsCancelled()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = CreateClient(server);
        server.Clip.Before = _ => throw new RpcException(new Status(StatusCode.Cancelled, "cancelled"));

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token));

        Assert.Equal((StatusCode.Cancelled, "cancelled"), (error.StatusCode, error.Message));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_CallerCancelsAfterTheDeadline_IsOperationCanceled()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = CreateClient(server);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(token);
        server.Clip.Before = async context =>
        {
            _clock.Advance(TimeSpan.FromHours(2));
            await cancel.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.EmbedTextAsync("a", cancellationToken: cancel.Token));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_ServerCancelsForThePassedDeadline_IsDeadlineExceeded()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = CreateClient(server);
        server.Clip.OnEmbedStream = (_, _, _) =>
        {
            _clock.Advance(TimeSpan.FromHours(1));
            throw new RpcException(new Status(StatusCode.Cancelled, "cancelled"));
        };
        var items = new[] { new EmbedStreamItem("1", "a") }.ToAsyncEnumerable();
        var options = new EmbedCallOptions { Timeout = TimeSpan.FromHours(1) };

        var error = await Assert.ThrowsAsync<ClipClientException>(
            async () => await client.EmbedStreamAsync(items, options, cancellationToken: token).ToArrayAsync(token));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_EnumeratedLater_HasItsWholeTimeout()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = CreateClient(server);
        var items = new[] { new EmbedStreamItem("1", "a") }.ToAsyncEnumerable();
        var stream = client.EmbedStreamAsync(
            items, new EmbedCallOptions { Timeout = TimeSpan.FromHours(1) }, cancellationToken: token);

        Assert.Single(await stream.ToArrayAsync(token));
        _clock.Advance(TimeSpan.FromHours(2));
        Assert.Single(await stream.ToArrayAsync(token));

        var between = server.Log.Calls[1].Deadline - server.Log.Calls[0].Deadline;
        Assert.InRange(between, TimeSpan.FromMinutes(119), TimeSpan.FromMinutes(121));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EmbedTextAsync_RetryHintBeyondTheDeadline_IsTheOverload(bool fromFactory)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = _ => throw new RpcException(
            new Status(StatusCode.ResourceExhausted, "full"),
            new Metadata { { "grpc-retry-pushback-ms", "36000000" } });
        var services = new ServiceCollection();
        services.AddClipClient(options =>
        {
            options.Addresses.Add(server.Address);
            options.Timeout = TimeSpan.FromHours(1);
        });
        await using var provider = services.BuildServiceProvider();
        using var own = server.CreateClient(options => options.Timeout = TimeSpan.FromHours(1));
        var client = fromFactory ? provider.GetRequiredService<ClipClient>() : own;

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token)).WaitAsync(ScriptedServer.Patience, token);

        Assert.Equal((StatusCode.ResourceExhausted, "full"), (error.StatusCode, error.Message));
        Assert.Equal(TimeSpan.FromHours(10), error.RetryAfter);
        Assert.Equal(1, server.Log.Count("Embed"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(StatusCode.ResourceExhausted)]
    [InlineData(StatusCode.Unavailable)]
    public async Task EmbedTextAsync_BackoffBeyondTheDeadline_IsTheServersStatus(StatusCode status)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = _ => throw new RpcException(new Status(status, "not now"));
        using var client = server.CreateClient(options =>
        {
            options.InitialBackoff = options.MaxBackoff = TimeSpan.FromHours(10);
            options.Timeout = TimeSpan.FromHours(1);
        });

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token)).WaitAsync(ScriptedServer.Patience, token);

        Assert.Equal((status, "not now"), (error.StatusCode, error.Message));
        Assert.Null(error.RetryAfter);
    }

    private ClipClient CreateClient(ScriptedServer server) => server.CreateClient(options =>
    {
        options.TimeProvider = _clock;
        options.Timeout = TimeSpan.FromHours(1);
    });
}
