using ClipGrpc.Server.Telemetry;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace ClipGrpc.Tests.Telemetry;

public sealed class MetricsInterceptorTests
{
    private static readonly TimeSpan CallTime = TimeSpan.FromMilliseconds(250);

    private readonly FakeTimeProvider _time = new();
    private readonly ClipMetrics _metrics = new(Metrics.NewCustomRegistry());

    public enum Shape
    {
        Unary,
        ClientStreaming,
        ServerStreaming,
        DuplexStreaming,
    }

    [Theory(Timeout = 30_000)]
    [InlineData(Shape.Unary)]
    [InlineData(Shape.ClientStreaming)]
    [InlineData(Shape.ServerStreaming)]
    [InlineData(Shape.DuplexStreaming)]
    public async Task Handler_CallEnds_RecordsItsTimeUnderItsStatus(Shape shape)
    {
        await RunAsync(
            shape, CreateContext(), () => Assert.Equal(1, _metrics.ActiveRequests.WithLabels("Embed").Value));

        AssertRecorded("OK");
    }

    [Theory(Timeout = 30_000)]
    [InlineData(Shape.Unary)]
    [InlineData(Shape.ClientStreaming)]
    [InlineData(Shape.ServerStreaming)]
    [InlineData(Shape.DuplexStreaming)]
    public async Task Handler_CallFails_RecordsItsStatusAndPassesTheErrorOn(Shape shape)
    {
        var error = new RpcException(new Status(StatusCode.ResourceExhausted, "full"));

        Assert.Same(
            error, await Assert.ThrowsAsync<RpcException>(() => RunAsync(shape, CreateContext(), () => throw error)));

        AssertRecorded("RESOURCE_EXHAUSTED");
    }

    [Fact(Timeout = 30_000)]
    public async Task Handler_StatusSetOnTheContext_IsRecorded()
    {
        var context = CreateContext();

        await RunAsync(Shape.Unary, context, () => context.Status = new Status(StatusCode.Unavailable, "loading"));

        AssertRecorded("UNAVAILABLE");
    }

    [Theory(Timeout = 30_000)]
    [InlineData(1, "CANCELLED")]
    [InlineData(0.25, "DEADLINE_EXCEEDED")]
    public async Task Handler_CallerGone_TellsCancelledFromLate(double deadlineSeconds, string status)
    {
        var deadline = _time.GetUtcNow().UtcDateTime.AddSeconds(deadlineSeconds);
        var context = new TestCallContext("/clipgrpc.v1.ClipService/Embed", deadline, new CancellationToken(true));

        await Assert.ThrowsAsync<OperationCanceledException>(
            () => RunAsync(Shape.Unary, context, () => throw new OperationCanceledException()));

        AssertRecorded(status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Handler_OtherException_IsUnknown()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => RunAsync(Shape.Unary, CreateContext(), () => throw new InvalidOperationException("bug")));

        AssertRecorded("UNKNOWN");
    }

    private static TestCallContext CreateContext() =>
        new("/clipgrpc.v1.ClipService/Embed", DateTime.MaxValue, CancellationToken.None);

    private void AssertRecorded(string status)
    {
        var duration = _metrics.RequestSeconds.WithLabels("Embed", status);
        Assert.Equal(1, duration.Count);
        Assert.Equal(CallTime.TotalSeconds, duration.Sum, 9);
        Assert.Equal(1, _metrics.Requests.WithLabels("Embed", status).Value);
        Assert.Equal(0, _metrics.ActiveRequests.WithLabels("Embed").Value);
    }

    private Task RunAsync(Shape shape, ServerCallContext context, Action body)
    {
        var interceptor = new MetricsInterceptor(_metrics, _time);
        return shape switch
        {
            Shape.Unary => interceptor.UnaryServerHandler("request", context, (_, _) => Work()),
            Shape.ClientStreaming =>
                interceptor.ClientStreamingServerHandler<string, string>(null!, context, (_, _) => Work()),
            Shape.ServerStreaming =>
                interceptor.ServerStreamingServerHandler<string, string>(
                    "request", null!, context, (_, _, _) => Work()),
            _ => interceptor.DuplexStreamingServerHandler<string, string>(null!, null!, context, (_, _, _) => Work()),
        };

        async Task<string> Work()
        {
            await Task.Yield();
            _time.Advance(CallTime);
            body();
            return "reply";
        }
    }
}
