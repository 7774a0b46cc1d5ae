using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>Holds back what Kestrel sends from a port, as a network does that takes no more.</summary>
internal sealed class GatedOutput
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile int _closedPort;

    /// <summary>Ends when something waits to be sent.</summary>
    public Task Held => _held.Task;

    public void Close(int port) => _closedPort = port;

    public void Open() => _open.TrySetResult();

    public void AddTo(WebApplicationBuilder builder) =>
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<KestrelServerOptions>>(
            new ConfigureOptions<KestrelServerOptions>(kestrel => kestrel.ConfigureEndpointDefaults(
                listen => listen.Use(next => connection => RunAsync(connection, next))))));

    private Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Transport = new Duplex(
            connection.Transport.Input,
            new Writer(connection.Transport.Output, this, ((IPEndPoint)connection.LocalEndPoint!).Port));
        return next(connection);
    }

    private async ValueTask<FlushResult> FlushAsync(PipeWriter output, int port, CancellationToken cancellationToken)
    {
        if (port == _closedPort)
        {
            _held.TrySetResult();
            await _open.Task.WaitAsync(RunningServer.Limit, cancellationToken);
        }

        return await output.FlushAsync(cancellationToken);
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Writer(PipeWriter output, GatedOutput gate, int port) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => output.CanGetUnflushedBytes;

        public override long UnflushedBytes => output.UnflushedBytes;

        public override void Advance(int bytes) => output.Advance(bytes);

        public override void CancelPendingFlush() => output.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => output.Complete(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            gate.FlushAsync(output, port, cancellationToken);

        public override Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => output.GetSpan(sizeHint);
    }
}
