using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace ClipGrpc.Server.Inference;

/// <summary>A tower ready to run on its device. Not thread-safe.</summary>
internal sealed class TowerSession : IDisposable
{
    private const string ExternalFolderKey = "session.model_external_initializers_file_folder_path";
    private const string CudaProvider = "CUDAExecutionProvider";

    private readonly PlacedConstants _constants;
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();

    /// <exception cref="ClipException">The device is missing, or the runtime refuses the graph.</exception>
    public TowerSession(TowerGraph graph, InferenceOptions options)
    {
        Provider = options.ProviderName;
        using SessionOptions sessionOptions = CreateSessionOptions(options);
        string? temporary = graph.Folder is null ? CreatePlaceholder() : null;
        try
        {
            sessionOptions.AddSessionConfigEntry(ExternalFolderKey, graph.Folder ?? temporary!);
            _constants = new PlacedConstants(graph.Constants, sessionOptions);
            _session = new InferenceSession(graph.Model, sessionOptions);
        }
        catch (OnnxRuntimeException exception)
        {
            _constants?.Dispose();
            throw new ClipException(
                ClipErrorCode.Internal, $"ONNX Runtime could not load the model on {Provider}.", exception);
        }
        catch
        {
            _constants?.Dispose();
            throw;
        }
        finally
        {
            if (temporary is not null)
                Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>The execution provider that the heavy nodes run on: CPU or CUDA.</summary>
    public string Provider { get; }

    /// <exception cref="ClipException">The runtime failed.</exception>
    public void Run(TowerCall call)
    {
        try
        {
            _session.Run(_runOptions, call.InputNames, call.Inputs, call.OutputNames, call.Outputs);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ClipException(ClipErrorCode.Internal, "The model failed to run.", exception);
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
        _constants.Dispose();
    }

    private static string CreatePlaceholder()
    {
        try
        {
            string folder = Directory.CreateTempSubdirectory("clip-graph-").FullName;
            File.Create(Path.Combine(folder, TowerGraph.PlaceholderFile)).Dispose();
            return folder;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClipException(
                ClipErrorCode.Internal,
                "Loading the model needs a temporary folder that can be written to; TMPDIR names it.", exception);
        }
    }

    private static SessionOptions CreateSessionOptions(InferenceOptions options)
    {
        OrtEnvironment.EnsureCreated();
        var sessionOptions = new SessionOptions
        {
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            InterOpNumThreads = 1,
            // Left to itself the runtime counts the machine's cores, not those of a container's limit.
            IntraOpNumThreads = options.IntraOpThreads > 0 ? options.IntraOpThreads : Environment.ProcessorCount,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING,
        };
        try
        {
            sessionOptions.AddSessionConfigEntry(
                "session.intra_op.allow_spinning", options.AllowSpinning ? "1" : "0");
            if (options.Device == DeviceKind.Cuda)
                UseCuda(sessionOptions, options.DeviceId);
            return sessionOptions;
        }
        catch
        {
            sessionOptions.Dispose();
            throw;
        }
    }

    private static void UseCuda(SessionOptions sessionOptions, int deviceId)
    {
        if (!OrtEnv.Instance().GetAvailableProviders().Contains(CudaProvider))
        {
            throw new ClipException(
                ClipErrorCode.Unavailable,
                "The device cuda was asked for, but this build of ONNX Runtime has no CUDA provider. " +
                "Build with -p:OnnxRuntimeFlavor=Gpu, or use the device cpu.");
        }

        try
        {
            sessionOptions.AppendExecutionProvider_CUDA(deviceId);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ClipException(
                ClipErrorCode.Unavailable,
                $"The device cuda:{deviceId} was asked for, but CUDA could not be started on it: " +
                "the GPU, its driver, the CUDA libraries or cuDNN are missing or do not fit.",
                exception);
        }
    }
}
