using ClipGrpc.Server.Rpc;
using ClipGrpc.Tests.Telemetry;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClipGrpc.Tests.Rpc;

public class ErrorInterceptorTests
{
    [Fact(Timeout = 30_000)]
    public async Task DuplexStreamingServerHandler_CallerResetTheStream_IsCancelledAndNoError()
    {
        // The token is not cancelled yet when the read fails.
        var context = new TestCallContext("/clipgrpc.v1.ClipService/EmbedStream", DateTime.MaxValue, CancellationToken.None);
        var log = new FailingLogger();

        var error = await Assert.ThrowsAsync<RpcException>(() => new ErrorInterceptor(log, TimeProvider.System)
            .DuplexStreamingServerHandler<string, string>(
                null!, null!, context,
                (_, _, _) => throw new IOException("The client reset the request stream.")));

        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task DuplexStreamingServerHandler_AnyOtherFailure_IsInternal()
    {
        var context = new TestCallContext("/clipgrpc.v1.ClipService/EmbedStream", DateTime.MaxValue, CancellationToken.None);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => new ErrorInterceptor(NullLogger<ErrorInterceptor>.Instance, TimeProvider.System)
                .DuplexStreamingServerHandler<string, string>(
                    null!, null!, context, (_, _, _) => throw new InvalidOperationException("secret")));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.DoesNotContain("secret", error.Status.Detail, StringComparison.Ordinal);
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
