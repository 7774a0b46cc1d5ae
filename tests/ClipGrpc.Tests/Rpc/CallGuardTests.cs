using System.IO.Pipelines;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Health;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving;
using ClipGrpc.Tests.Telemetry;
using Google.Rpc;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RpcStatus = Google.Rpc.Status;
using Status = Grpc.Core.Status;

namespace ClipGrpc.Tests.Rpc;

public sealed class CallGuardTests
{
    private const string Method = "/clipgrpc.v1.ClipService/Embed";
    private static readonly Marshaller<string> Text = Marshallers.Create(_ => Array.Empty<byte>(), _ => "");

    private readonly FakeTimeProvider _time = new();
    private readonly Response _response = new();
    private readonly DefaultHttpContext _context = new();
    private readonly TestCallContext _call;

    public CallGuardTests()
    {
        _context.Features.Set<IHttpResponseFeature>(_response);
        _context.Features.Set<IHttpResponseBodyFeature>(_response);
        _context.Features.Set<IHttpResponseTrailersFeature>(_response);
        var method = new Method<string, string>(MethodType.Unary, "clipgrpc.v1.ClipService", "Embed", Text, Text);
        var metadata = new EndpointMetadataCollection(new GrpcMethodMetadata(typeof(object), method));
        _context.SetEndpoint(new Endpoint(requestDelegate: null, metadata, Method));
        _call = new TestCallContext(Method, _time.GetUtcNow().UtcDateTime, CancellationToken.None);
        _context.Features.Set<IServerCallContextFeature>(new CallFeature(_call));
    }

    /// <summary>Another thread sends what is completed: what is written later may be sent as well, or throw.</summary>
    [Theory(Timeout = 30_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InvokeAsync_DeadlineHasCompletedTheResponse_LeavesItAsItIs(bool hasMessages)
    {
        _response.HasStarted = hasMessages;
        List<(string, string)> headers = [], trailers = [];

        await RunAsync(async () =>
        {
            await CompleteAsync(StatusCode.DeadlineExceeded);
            (headers, trailers) = (Copy(_response.Headers), Copy(_response.Trailers));
            _call.Status = new Status(StatusCode.Cancelled, "The caller cancelled the call.");
        });

        Assert.Equal(headers, Copy(_response.Headers));
        Assert.Equal(trailers, Copy(_response.Trailers));
        var details = DetailsOf(hasMessages ? _response.Trailers : _response.Headers);
        Assert.Equal("DEADLINE_PASSED", details.GetDetail<ErrorInfo>()?.Reason);
        Assert.NotNull(details.GetDetail<RequestInfo>());
        Assert.DoesNotContain("grpc-status", (hasMessages ? _response.Headers : _response.Trailers).Keys);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InvokeAsync_CallFailed_GetsItsDetails(bool hasMessages)
    {
        await RunAsync(() =>
        {
            _response.HasStarted = hasMessages;
            _call.Status = new Status(StatusCode.Unimplemented, "no such method");
            return Task.CompletedTask;
        });

        var written = hasMessages ? _response.Trailers : _response.Headers;
        Assert.Equal("12", written["grpc-status"]);
        Assert.NotNull(DetailsOf(written).GetDetail<RequestInfo>());
        Assert.DoesNotContain("grpc-status", (hasMessages ? _response.Headers : _response.Trailers).Keys);
    }

    [Fact(Timeout = 30_000)]
    public async Task InvokeAsync_CallEnded_LeavesTheResponseToTheServer()
    {
        await RunAsync(() => Task.CompletedTask);

        Assert.Same(_response, _context.Features.Get<IHttpResponseBodyFeature>());
    }

    /// <summary>As the framework does when a deadline passes.</summary>
    private Task CompleteAsync(StatusCode status)
    {
        (_response.HasStarted ? _response.Trailers : _response.Headers)["grpc-status"] = status.ToString("D");
        _call.Status = new Status(status, "Deadline Exceeded");
        return _context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().CompleteAsync();
    }

    private Task RunAsync(Func<Task> call) => new CallGuard(
        _ => call(), new DrainState(), Options.Create(new LimitOptions()), Options.Create(new ServerOptions()),
        NullLogger<CallGuard>.Instance, _time).InvokeAsync(_context);

    private static List<(string, string)> Copy(IHeaderDictionary headers) =>
        [.. headers.Select(header => (header.Key, header.Value.ToString()))];

    private static RpcStatus DetailsOf(IHeaderDictionary headers) =>
        RpcStatus.Parser.ParseFrom(Convert.FromBase64String(headers["grpc-status-details-bin"].ToString()));

    private sealed record CallFeature(ServerCallContext ServerCallContext) : IServerCallContextFeature;

    /// <summary>A response of Kestrel, whose trailers can be written until its last frame is.</summary>
    private sealed class Response : IHttpResponseFeature, IHttpResponseBodyFeature, IHttpResponseTrailersFeature
    {
        public int StatusCode { get; set; } = StatusCodes.Status200OK;

        public string? ReasonPhrase { get; set; }

        public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

        public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();

        public bool HasStarted { get; set; }

        public Stream Body { get; set; } = Stream.Null;

        public Stream Stream => Body;

        public PipeWriter Writer => throw new NotSupportedException();

        public Task CompleteAsync()
        {
            HasStarted = true;
            return Task.CompletedTask;
        }

        public void DisableBuffering() => throw new NotSupportedException();

        public void OnCompleted(Func<object, Task> callback, object state)
        {
            // The request's reader asks to be disposed, which nothing here needs.
        }

        public void OnStarting(Func<object, Task> callback, object state) => throw new NotSupportedException();

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task StartAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
