using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// The ONNX Runtime environment of the process. Warnings and errors of the runtime are written to a logger instead of
/// the standard error stream.
/// </summary>
internal static partial class OrtEnvironment
{
    private const string CudaProvider = "CUDAExecutionProvider";

    private static readonly Lock SyncLock = new();

    // Referenced here, because the runtime keeps only the address of the function.
    private static readonly DOrtLoggingFunction Forward = OnMessage;

    private static ILogger? _logger;
    private static bool _isCreated;

    /// <summary>Whether this build of the runtime has CUDA. The environment must exist.</summary>
    public static bool HasCuda => OrtEnv.Instance().GetAvailableProviders().Contains(CudaProvider);

    /// <summary>Sets the logger of the runtime's warnings and errors. Without one, they are discarded.</summary>
    public static void LogTo(ILogger logger) => Volatile.Write(ref _logger, logger);

    /// <summary>Removes the logger that was set by <see cref="LogTo"/>, unless another replaced it.</summary>
    public static void StopLoggingTo(ILogger logger) => Interlocked.CompareExchange(ref _logger, null, logger);

    /// <param name="telemetry">Whether the runtime may send telemetry. Only the first call has an effect.</param>
    public static void EnsureCreated(bool telemetry = false)
    {
        lock (SyncLock)
        {
            if (_isCreated)
                return;

            if (telemetry)
                RuntimeTelemetry.Allow();
            else
                RuntimeTelemetry.Disable();

            var options = new EnvironmentCreationOptions
            {
                logId = "clip",
                logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING,
                loggingFunction = Forward,
            };
            OrtEnv.CreateInstanceWithOptions(ref options);
            _isCreated = true;
        }
    }

    private static void OnMessage(
        nint param, OrtLoggingLevel severity, string category, string logId, string codeLocation, string message)
    {
        if (Volatile.Read(ref _logger) is not { } logger)
            return;
        if (severity >= OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR)
            RuntimeError(logger, message, codeLocation);
        else if (severity == OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING)
            RuntimeWarning(logger, message, codeLocation);
    }

    [LoggerMessage(3001, LogLevel.Warning, "ONNX Runtime warning: {Message} ({Location})")]
    private static partial void RuntimeWarning(ILogger logger, string message, string location);

    [LoggerMessage(3002, LogLevel.Error, "ONNX Runtime error: {Message} ({Location})")]
    private static partial void RuntimeError(ILogger logger, string message, string location);
}
