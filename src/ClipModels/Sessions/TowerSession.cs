using ClipGrpc.Models.Graphs;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// A tower ready to run on its device. Several encoders may share one, each with a binding of its own, so that two
/// batches in flight do not need the weights twice; the last one to dispose of it ends it.
/// </summary>
internal sealed class TowerSession : IDisposable
{
    private const string ExternalFolderKey = "session.model_external_initializers_file_folder_path";

    private readonly Lock _lock = new();
    private readonly InferenceOptions _options;
    private readonly PlacedConstants _constants;
    private readonly InferenceSession _session;

    // For batches in parts: a second session, which runs on the thread that calls it, with the same packed weights.
    private readonly CoreTeam? _team;
    private readonly PartChoice _choice;
    private readonly PrePackedWeightsContainer? _packed;
    private readonly InferenceSession? _partSession;
    private readonly RunOptions _runOptions = new();
    private readonly CudaGraphs? _graphs;
    private int _users = 1;
    private bool _failed;

    /// <exception cref="ClipException">The device is missing, or the runtime refuses the graph.</exception>
    public TowerSession(TowerGraph graph, InferenceOptions options, ExecutionDevice device)
    {
        _options = options;
        _graphs = options.CudaGraphs ? new CudaGraphs(TimeProvider.System) : null;
        Device = device;
        var divides = CanDivide(graph, options, device);
        _choice = new PartChoice(divides ? options.Threads : 1);
        using var sessionOptions = RuntimeOptions.Create(options, device, replaysGraphs: options.CudaGraphs);
        var temporary = graph.Folder is null ? CreatePlaceholder() : null;
        try
        {
            sessionOptions.AddSessionConfigEntry(ExternalFolderKey, graph.Folder ?? temporary!);
            _constants = new PlacedConstants(graph.Constants);
            if (!divides)
            {
                _constants.AddTo(sessionOptions);
                using (CudaGraphs.Enter(_graphs))
                    _session = new InferenceSession(graph.Model, sessionOptions);
                return;
            }

            // What the sessions pack, they keep; nothing reads the files afterwards.
            using var files = new MappedFiles();
            foreach (var constant in graph.InFiles)
                _constants.Add(constant, files.AddressOf(constant.Region));
            _constants.AddTo(sessionOptions);
            _team = CoreTeam.Of(options.Threads);
            _packed = new PrePackedWeightsContainer();
            _session = new InferenceSession(graph.Model, sessionOptions, _packed);
            sessionOptions.IntraOpNumThreads = 1;
            _partSession = new InferenceSession(graph.Model, sessionOptions, _packed);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Free();
            throw new ClipException(
                ClipErrorReason.InvalidModel, $"A weights file cannot be mapped: {exception.Message}", exception);
        }
        catch (OnnxRuntimeException exception)
        {
            Free();
            throw device.Plugin is null
                ? new ClipException(
                    ClipErrorReason.ModelRunFailed,
                    $"ONNX Runtime could not load the model on {device.Provider}: {exception.Message.Trim()}",
                    exception)
                : PluginFailure.Describe(device, options, exception);
        }
        catch
        {
            Free();
            throw;
        }
        finally
        {
            if (temporary is not null)
                Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>What it runs on.</summary>
    public ExecutionDevice Device { get; }

    /// <summary>Whether it runs batches in parts where that is faster.</summary>
    public bool Divides => _team is not null;

    /// <summary>Where an encoder's values can lie; it must go before the session.</summary>
    public DeviceMemory CreateMemory() => _options.Device.Kind == DeviceKind.Cuda
        ? new CudaMemory(_session, _options.DeviceId)
        : new HostMemory();

    /// <summary>A binding without values yet; it must go before the session.</summary>
    /// <param name="isPart">Whether it is for <see cref="RunParts"/>.</param>
    public TowerBinding CreateBinding(DeviceMemory memory, bool isPart = false) =>
        isPart ? new(_partSession!.CreateIoBinding(), memory)
        : new(Device.Plugin is null ? _session.CreateIoBinding() : null, memory);

    /// <summary>
    /// Adds a user. False if it cannot: it has ended or failed, or runs with other settings than requested.
    /// </summary>
    public bool TryShare(InferenceOptions options)
    {
        lock (_lock)
        {
            if (_users == 0 || _failed || !ReferenceEquals(options, _options))
                return false;
            _users++;
            return true;
        }
    }

    /// <summary>The number of parts of the next batch of this size, one per core; 1: the cores share its operators.
    /// </summary>
    public int PartsOf(int count, int length) => _choice.PartsOf(count, length);

    /// <summary>Runs what is bound. Any number of threads may, each with its own binding.</summary>
    /// <exception cref="ClipException">The runtime failed.</exception>
    public void Run(TowerBinding binding)
    {
        try
        {
            binding.CopyIn();
            Compute(binding, binding.ChosenOptions ?? _graphs?.Without ?? _runOptions);
            binding.CopyOut();
        }
        catch (Exception exception)
        {
            throw Fail(exception);
        }
    }

    /// <summary>Runs a batch that could be divided on all cores, after the parts that run now.</summary>
    /// <exception cref="ClipException">The runtime failed.</exception>
    public void RunWhole(TowerBinding binding, int count, int length)
    {
        _team!.WaitForParts();
        var started = TimeProvider.System.GetTimestamp();
        Run(binding);
        _choice.Observe(count, length, parts: 1, TimeProvider.System.GetElapsedTime(started));
    }

    /// <summary>Runs the parts of a batch, each on one core.</summary>
    /// <param name="coreIdle">As for <see cref="CoreTeam.Run"/>.</param>
    /// <exception cref="ClipException">The runtime failed.</exception>
    public void RunParts(IReadOnlyList<TowerBinding> parts, int count, int length, Action? coreIdle)
    {
        try
        {
            var duration = _team!.Run(parts.Count, part => parts[part].Run(_partSession!, _runOptions), coreIdle);
            _choice.Observe(count, length, parts.Count, duration);
        }
        catch (Exception exception)
        {
            throw Fail(exception);
        }
    }

    /// <summary>As <see cref="Run"/>; for a shape not warmed before, it first finds out how to run it.</summary>
    /// <exception cref="ClipException">The runtime failed.</exception>
    public void WarmUp(TowerBinding binding)
    {
        Run(binding);
        if (_graphs is null || binding.ChosenOptions is not null)
            return;
        try
        {
            binding.ChosenOptions = _graphs.Choose(options => Compute(binding, options));
        }
        catch (Exception exception)
        {
            throw Fail(exception);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (--_users > 0)
                return;
        }

        Free();
    }

    /// <summary>
    /// Whether batches can be divided among cores. Two sessions share packed weights; weights that the runtime converts
    /// first, such as float16, would need twice the memory.
    /// </summary>
    private static bool CanDivide(TowerGraph graph, InferenceOptions options, ExecutionDevice device) =>
        device is { IsProcessor: true, Plugin: null } && options.Threads > 1
        && (graph.Folder is null || graph.InFiles.Count > 0)
        && graph.InFiles.All(constant => constant.Type == TensorElementType.Float);

    /// <summary>Also what is half made.</summary>
    private void Free()
    {
        _partSession?.Dispose();
        _session?.Dispose();
        _packed?.Dispose();
        _runOptions.Dispose();
        _graphs?.Dispose();
        _constants?.Dispose();
    }

    private void Compute(TowerBinding binding, RunOptions options)
    {
        using (CudaGraphs.Enter(_graphs))
            binding.Run(_session, options);
    }

    private ClipException Fail(Exception exception)
    {
        lock (_lock)
            _failed = true;
        return new ClipException(ClipErrorReason.ModelRunFailed, "The model failed to run.", exception);
    }

    private static string CreatePlaceholder()
    {
        try
        {
            var folder = Directory.CreateTempSubdirectory("clip-graph-").FullName;
            File.Create(Path.Combine(folder, TowerGraph.PlaceholderFile)).Dispose();
            return folder;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClipException(
                ClipErrorReason.ModelRunFailed,
                "Loading the model requires a writable temporary folder; set TMPDIR.", exception);
        }
    }
}
