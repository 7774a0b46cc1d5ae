using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Health;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Tests.Telemetry;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Tests.Rpc;

public class ErrorInterceptorTests
{
    private static readonly IOptions<ServerOptions> Server = Options.Create(new ServerOptions());

    [Fact(Timeout = 30_000)]
    public async Task DuplexStreamingServerHandler_CallerResetTheStream_IsCancelledAndNoError()
    {
        // The token is not cancelled yet when the read fails.
        var context = new TestCallContext(
            "/clipgrpc.v1.ClipService/EmbedStream", DateTime.MaxValue, CancellationToken.None);
        var log = new FailingLogger();

        var error = await Assert.ThrowsAsync<RpcException>(() =>
            new ErrorInterceptor(new DrainState(), Server, log, TimeProvider.System)
            .DuplexStreamingServerHandler<string, string>(
                null!, null!, context,
                (_, _, _) => throw new IOException("The client reset the request stream.")));

        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task DuplexStreamingServerHandler_AnyOtherFailure_IsInternal()
    {
        var context = new TestCallContext(
            "/clipgrpc.v1.ClipService/EmbedStream", DateTime.MaxValue, CancellationToken.None);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => new ErrorInterceptor(
                new DrainState(), Server, NullLogger<ErrorInterceptor>.Instance, TimeProvider.System)
                .DuplexStreamingServerHandler<string, string>(
                    null!, null!, context, (_, _, _) => throw new InvalidOperationException("secret")));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.DoesNotContain("secret", error.Status.Detail, StringComparison.Ordinal);
    }

    /// <summary>A read left pending would take the first bytes of a later call of the connection.</summary>
    [Theory(Timeout = 30_000)]
    [InlineData(null)]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(OperationCanceledException))]
    public async Task DuplexStreamingServerHandler_EndsWithAReadUnderWay_EndsTheReadFirst(Type? failure)
    {
        var context = new TestCallContext(
            "/clipgrpc.v1.ClipService/EmbedStream", DateTime.MaxValue, CancellationToken.None);
        var requests = new SilentRequests();
        var read = Task.FromResult(false);

        var ended = await Record.ExceptionAsync(
            () => new ErrorInterceptor(
                new DrainState(), Server, NullLogger<ErrorInterceptor>.Instance, TimeProvider.System)
                .DuplexStreamingServerHandler<string, string>(requests, null!, context, (reader, _, _) =>
                {
                    read = reader.MoveNext(CancellationToken.None);
                    return failure is null
                        ? Task.CompletedTask
                        : Task.FromException((Exception)Activator.CreateInstance(failure)!);
                }));

        Assert.Equal(failure is not null, ended is RpcException);
        Assert.True(requests.Read!.IsCanceled);
        Assert.True(read.IsCanceled);
    }

    [Fact(Timeout = 30_000)]
    public async Task UnaryServerHandler_DeadlinePassed_RunsNothing()
    {
        var context = new TestCallContext(
            "/clipgrpc.v1.ClipService/Embed", TimeProvider.System.GetUtcNow().UtcDateTime, CancellationToken.None);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => new ErrorInterceptor(
                new DrainState(), Server, NullLogger<ErrorInterceptor>.Instance, TimeProvider.System)
                .UnaryServerHandler<string, string>("request", context, (_, _) =>
                {
                    Assert.Fail("It ran.");
                    return Task.FromResult("");
                }));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    /// <summary>A caller that sends nothing.</summary>
    private sealed class SilentRequests : IAsyncStreamReader<string>
    {
        public string Current => "";

        public Task<bool>? Read { get; private set; }

        public Task<bool> MoveNext(CancellationToken cancellationToken) =>
            Read = new TaskCompletionSource<bool>().Task.WaitAsync(cancellationToken);
    }

    /// <summary>For what must not be logged.</summary>
    private sealed class FailingLogger : ILogger<ErrorInterceptor>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Assert.Fail(formatter(state, exception));
    }
}
