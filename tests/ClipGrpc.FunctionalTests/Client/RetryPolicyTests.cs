using ClipGrpc.Client;
using ClipGrpc.Client.Internal;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class RetryPolicyTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Outage _outage = new();
    private readonly ClipClientOptions _options;
    private readonly List<ClipClientException> _announced = [];

    public RetryPolicyTests()
    {
        _options = new ClipClientOptions
        {
            TimeProvider = _clock,
            InitialBackoff = TimeSpan.FromMilliseconds(100),
            MaxBackoff = TimeSpan.FromSeconds(1),
            RetryFor = TimeSpan.FromSeconds(10),
            OnServerLost = _announced.Add,
        };
    }

    [Theory]
    [InlineData(1, 0, 50)]
    [InlineData(1, 1, 100)]
    [InlineData(2, 0.5, 150)]
    [InlineData(4, 1, 800)]
    [InlineData(5, 0, 500)]
    [InlineData(5, 1, 1000)]
    [InlineData(5000, 1, 1000)]
    public void Backoff_Failures_DoublesUpToTheMaximum(int failures, double random, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Policy(random).Backoff(failures));

    [Fact(Timeout = 10_000)]
    public async Task WaitAsync_Unavailable_WaitsForTheBackoff()
    {
        var retries = Start();

        var wait = retries.WaitAsync(Unavailable(), TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(wait.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(await wait);
    }

    [Fact(Timeout = 10_000)]
    public async Task WaitAsync_Pushback_IsTheWait()
    {
        var retries = Start();

        var wait = retries.WaitAsync(Unavailable(pushback: "3000"), TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromMilliseconds(2999));
        Assert.False(wait.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(await wait);
    }

    [Theory(Timeout = 10_000)]
    [InlineData("-1")]
    [InlineData("soon")]
    public async Task WaitAsync_PushbackForbids_IsFalse(string pushback) =>
        Assert.False(await Start().WaitAsync(
            Unavailable(pushback: pushback), TestContext.Current.CancellationToken));

    [Theory(Timeout = 10_000)]
    [InlineData("10000", false)]
    [InlineData("9999", true)]
    public async Task WaitAsync_NextAttemptAfterRetryFor_IsFalseAtOnce(string pushback, bool isRetried)
    {
        var wait = Start().WaitAsync(Unavailable(pushback: pushback), TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(isRetried, await wait);
    }

    [Fact(Timeout = 10_000)]
    public async Task WaitAsync_NextAttemptAfterTheDeadline_IsFalseAtOnce()
    {
        var deadline = CallDeadline.After(TimeSpan.FromMilliseconds(100), _clock);

        Assert.False(await Policy().Start(deadline).WaitAsync(
            Unavailable(), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 10_000)]
    public async Task WaitAsync_InfiniteRetryFor_GoesOn()
    {
        _options.RetryFor = Timeout.InfiniteTimeSpan;
        var retries = Start();

        for (var i = 0; i < 100; i++)
            Assert.True(await WaitAsync(retries));
    }

    [Fact(Timeout = 10_000)]
    public async Task WaitAsync_OutageOfAnotherCall_IsWaitedForOnce()
    {
        var first = Start();
        while (await WaitAsync(first))
            Assert.Empty(_announced);

        Assert.False(await WaitAsync(Start()));
        _outage.Responded(_clock.GetTimestamp());
        Assert.True(await WaitAsync(Start()));
    }

    [Fact(Timeout = 10_000)]
    public async Task WaitAsync_LongPauseAfterAFailure_IsANewOutage()
    {
        Assert.True(await WaitAsync(Start()));
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.True(await WaitAsync(Start()));
    }

    [Fact(Timeout = 10_000)]
    public async Task WaitAsync_NeverReached_HasTheInitialRetryFor()
    {
        _options.InitialRetryFor = TimeSpan.FromMilliseconds(100);

        Assert.False(await WaitAsync(Start()));
        _outage.Responded(_clock.GetTimestamp());
        Assert.True(await WaitAsync(Start()));
    }

    [Fact(Timeout = 10_000)]
    public async Task WaitAsync_ServerWasReached_IsAnnouncedOncePerOutage()
    {
        _outage.Responded(_clock.GetTimestamp());
        var (one, other) = (Start(), Start());
        await WaitAsync(one);
        await WaitAsync(other);
        await WaitAsync(one);
        Assert.Single(_announced);

        one.Succeeded();
        await WaitAsync(one);
        Assert.Equal(2, _announced.Count);
    }

    [Fact(Timeout = 10_000)]
    public async Task WaitAsync_EarlierCallIsStillCompleted_IsOneOutage()
    {
        var (completed, failing) = (Start(), Start());
        _outage.Responded(_clock.GetTimestamp());
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await WaitAsync(failing);

        completed.Succeeded();
        await WaitAsync(failing);

        Assert.Single(_announced);
    }

    [Theory]
    [InlineData(StatusCode.Internal, 0x0, true)]
    [InlineData(StatusCode.Internal, 0x1, false)]
    [InlineData(StatusCode.Internal, 0x2, true)]
    [InlineData(StatusCode.Internal, 0x5, true)]
    [InlineData(StatusCode.Unknown, 0x7, true)]
    [InlineData(StatusCode.Cancelled, 0x8, true)]
    [InlineData(StatusCode.ResourceExhausted, 0xb, true)]
    [InlineData(StatusCode.InvalidArgument, 0x0, false)]
    public void From_ConnectionBroke_IsTransient(StatusCode status, long http2Error, bool isTransient)
    {
        var broken = new HttpRequestException("sent", new HttpProtocolException(http2Error, "The end.", null));

        Assert.Equal(isTransient, Error(status, broken).IsTransient);
    }

    [Fact]
    public void From_NotABrokenConnection_IsNotTransient()
    {
        var certificate = new HttpRequestException(
            HttpRequestError.SecureConnectionError, "TLS", new IOException("reset"));

        Assert.False(Error(StatusCode.Internal, certificate).IsTransient);
        Assert.False(Error(StatusCode.Internal, null).IsTransient);
    }

    private RetryPolicy Policy(double random = 1) => new(_options, _outage, () => random);

    private RetryPolicy.Retries Start() => Policy().Start(CallDeadline.After(Timeout.InfiniteTimeSpan, _clock));

    private async Task<bool> WaitAsync(RetryPolicy.Retries retries)
    {
        var wait = retries.WaitAsync(Unavailable(), TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(1));
        return await wait;
    }

    // As the channel reports a refused connection: no trailers.
    private ClipClientException Unavailable(string? pushback = null)
    {
        var trailers = new Metadata();
        if (pushback is not null)
            trailers.Add("grpc-retry-pushback-ms", pushback);
        return From(new RpcException(new Status(StatusCode.Unavailable, "gone"), trailers));
    }

    private ClipClientException Error(StatusCode status, Exception? debug) =>
        From(new RpcException(new Status(status, "broken", debug)));

    private ClipClientException From(RpcException exception) => Assert.IsType<ClipClientException>(
        ClipClientException.From(
            exception,
            CallDeadline.After(Timeout.InfiniteTimeSpan, _clock),
            TestContext.Current.CancellationToken));
}
