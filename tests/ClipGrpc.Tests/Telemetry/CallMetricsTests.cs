using ClipGrpc.Server.Telemetry;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace ClipGrpc.Tests.Telemetry;

public sealed class CallMetricsTests
{
    private static readonly TimeSpan CallTime = TimeSpan.FromMilliseconds(250);
    private static readonly Marshaller<string> Text = Marshallers.Create(_ => Array.Empty<byte>(), _ => "");

    private readonly FakeTimeProvider _time = new();
    private readonly ClipMetrics _metrics = new(Metrics.NewCustomRegistry());

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task InvokeAsync_CallEnds_RecordsItsTimeUnderItsStatus(bool hasMessages)
    {
        var context = CreateContext();
        await RunAsync(context, () =>
        {
            Assert.Equal(1, _metrics.ActiveRequests.WithLabels("Embed").Value);
            SetStatus(context, StatusCode.OK, hasMessages);
        });

        AssertRecorded("OK");
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task InvokeAsync_CallFails_RecordsTheStatusThatTheCallerGets(bool hasMessages)
    {
        var context = CreateContext();
        await RunAsync(context, () => SetStatus(context, StatusCode.ResourceExhausted, hasMessages));

        AssertRecorded("RESOURCE_EXHAUSTED");
    }

    [Theory(Timeout = 30_000)]
    [InlineData(1.0, "CANCELLED")]
    [InlineData(0.25, "DEADLINE_EXCEEDED")]
    [InlineData(0.1, "DEADLINE_EXCEEDED")]
    [InlineData(null, "CANCELLED")]
    public async Task InvokeAsync_CallerGone_TellsCancelledFromLate(double? deadlineSeconds, string status)
    {
        var deadline = deadlineSeconds is { } seconds
            ? _time.GetUtcNow().UtcDateTime.AddSeconds(seconds)
            : DateTime.MaxValue;
        var context = CreateContext();
        context.RequestAborted = new CancellationToken(canceled: true);
        context.Features.Set<IServerCallContextFeature>(new CallFeature(
            new TestCallContext("/clipgrpc.v1.ClipService/Embed", deadline, context.RequestAborted)));

        await RunAsync(context, () => { });

        AssertRecorded(status);
    }

    /// <summary>The server has answered a passed deadline before the caller reset the stream.</summary>
    [Fact(Timeout = 30_000)]
    public async Task InvokeAsync_StatusSentBeforeTheCallerLeft_IsRecorded()
    {
        var context = CreateContext();
        context.RequestAborted = new CancellationToken(canceled: true);

        await RunAsync(context, () => SetStatus(context, StatusCode.DeadlineExceeded, hasMessages: true));

        AssertRecorded("DEADLINE_EXCEEDED");
    }

    [Fact(Timeout = 30_000)]
    public async Task InvokeAsync_OtherException_IsUnknown()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => RunAsync(CreateContext(), () => throw new InvalidOperationException("bug")));

        AssertRecorded("UNKNOWN");
    }

    [Fact(Timeout = 30_000)]
    public async Task InvokeAsync_NoGrpcMethod_RecordsNothing()
    {
        await RunAsync(new DefaultHttpContext(), () => { });

        Assert.Empty(_metrics.Requests.GetAllLabelValues());
    }

    private static DefaultHttpContext CreateContext()
    {
        var method = new Method<string, string>(MethodType.Unary, "clipgrpc.v1.ClipService", "Embed", Text, Text);
        var context = new DefaultHttpContext();
        var metadata = new EndpointMetadataCollection(new GrpcMethodMetadata(typeof(object), method));
        context.SetEndpoint(new Endpoint(requestDelegate: null, metadata, "Embed"));
        context.Features.Set<IHttpResponseTrailersFeature>(new Trailers());
        return context;
    }

    private static void SetStatus(HttpContext context, StatusCode status, bool hasMessages)
    {
        var destination = hasMessages
            ? context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : context.Response.Headers;
        destination["grpc-status"] = status.ToString("D");
    }

    private void AssertRecorded(string status)
    {
        var duration = _metrics.RequestSeconds.WithLabels("Embed", status);
        Assert.Equal(1, duration.Count);
        Assert.Equal(CallTime.TotalSeconds, duration.Sum, 9);
        Assert.Equal(1, _metrics.Requests.WithLabels("Embed", status).Value);
        Assert.Equal(0, _metrics.ActiveRequests.WithLabels("Embed").Value);
    }

    private Task RunAsync(HttpContext context, Action body) => new CallMetrics(
        async _ =>
        {
            await Task.Yield();
            _time.Advance(CallTime);
            body();
        },
        _metrics,
        _time).InvokeAsync(context);

    private sealed record CallFeature(ServerCallContext ServerCallContext) : IServerCallContextFeature;

    private sealed class Trailers : IHttpResponseTrailersFeature
    {
        IHeaderDictionary IHttpResponseTrailersFeature.Trailers { get; set; } = new HeaderDictionary();
    }
}
