using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// How a session that can replay CUDA graphs runs each of its warmed shapes: with a graph of its own where that is
/// faster, by launching kernel after kernel where it is not.
/// </summary>
/// <remarks>
/// The runtime records and replays on one stream per session, and while one thread records, no other may allocate on
/// the device. So runs of such sessions take turns in the whole process; copies of the next batch do not wait.
/// </remarks>
internal sealed class CudaGraphs : IDisposable
{
    private const string GraphIdKey = "gpu_graph_id";

    // What the runtime takes for a run without a graph.
    private const int NoGraph = -1;

    // Enough for a median that one interruption does not move.
    private const int TimedRuns = 7;

    private static readonly Lock Turn = new();

    // Never used twice, because a graph reads and writes the addresses that it was recorded with.
    private static int _lastId;

    private readonly List<RunOptions> _options = [];
    private readonly TimeProvider _time;

    public CudaGraphs(TimeProvider time)
    {
        _time = time;
        Without = Create(NoGraph);
    }

    /// <summary>For shapes that were not warmed.</summary>
    public RunOptions Without { get; }

    /// <summary>Waits for this thread's turn, if there are graphs.</summary>
    public static Lock.Scope Enter(CudaGraphs? graphs) => graphs is null ? default : Turn.EnterScope();

    /// <summary>Measures a shape both ways.</summary>
    /// <param name="run">A forward pass.</param>
    public RunOptions Choose(Action<RunOptions> run)
    {
        var plain = MedianTime(Without, run);
        var graph = Create(Interlocked.Increment(ref _lastId));
        run(graph); // records
        return MedianTime(graph, run) < plain ? graph : Without;
    }

    public void Dispose()
    {
        foreach (var options in _options)
            options.Dispose();
    }

    private TimeSpan MedianTime(RunOptions options, Action<RunOptions> run)
    {
        var times = new TimeSpan[TimedRuns];
        foreach (ref var each in times.AsSpan())
        {
            var started = _time.GetTimestamp();
            run(options);
            each = _time.GetElapsedTime(started);
        }

        Array.Sort(times);
        return times[TimedRuns / 2];
    }

    private RunOptions Create(int id)
    {
        var options = new RunOptions();
        options.AddRunConfigEntry(GraphIdKey, id.ToString(CultureInfo.InvariantCulture));
        lock (_options)
            _options.Add(options);
        return options;
    }
}
