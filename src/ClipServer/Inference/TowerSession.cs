using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace ClipGrpc.Server.Inference;

/// <summary>A tower ready to run on its device. Not thread-safe.</summary>
internal sealed class TowerSession : IDisposable
{
    private const string ExternalFolderKey = "session.model_external_initializers_file_folder_path";

    private readonly PlacedConstants _constants;
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();

    /// <exception cref="ClipException">The device is missing, or the runtime refuses the graph.</exception>
    public TowerSession(TowerGraph graph, InferenceOptions options)
    {
        Provider = options.ProviderName;
        using SessionOptions sessionOptions = RuntimeOptions.Create(options);
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
}
