using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Server.Hosting;

/// <summary>Lets ONNX Runtime's warnings and errors into the server's log as long as the server runs.</summary>
internal sealed class RuntimeLogging(ILoggerFactory loggers) : IHostedService
{
    private readonly ILogger _logger = loggers.CreateLogger("ClipGrpc.Models.OnnxRuntime");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        OrtEnvironment.LogTo(_logger);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        OrtEnvironment.StopLoggingTo(_logger);
        return Task.CompletedTask;
    }
}
