using ClipGrpc.LoadTest.Data;
using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What all comparisons have in common.</summary>
internal sealed record ComparisonContext
{
    private const string MaxBatchKey = "Clip:Batching:MaxBatchSize";
    private const int DefaultMaxBatch = 32;

    /// <summary>The model, as the server takes it.</summary>
    public required string Model { get; init; }

    /// <summary>The server's settings, without the models.</summary>
    public required IReadOnlyDictionary<string, string?> Settings { get; init; }

    /// <summary>The servers' processor cores, as for <c>taskset</c>; null: all.</summary>
    public string? ServerCores { get; init; }

    public required Requests Requests { get; init; }

    public required IReadOnlyList<int> RawBatches { get; init; }

    /// <summary>Of each measurement.</summary>
    public required TimeSpan Duration { get; init; }

    public required TimeSpan WarmUp { get; init; }

    /// <summary>Callers that saturate the server.</summary>
    public required int Callers { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>The server's largest batch.</summary>
    public int MaxBatch => Settings.TryGetValue(MaxBatchKey, out var text) && int.TryParse(text, out var size)
        ? size
        : DefaultMaxBatch;

    /// <summary>The settings with the model, under one or more names.</summary>
    public IReadOnlyDictionary<string, string?> ServerSettings(params string[] names) =>
        new Dictionary<string, string?>(Settings)
        {
            ["Clip:Models"] = string.Join(';', names.Select(name => $"{name}={Model}")),
        };

    public LoadStep Closed(int callers) => new() { Callers = callers, Duration = Duration, WarmUp = WarmUp };

    public LoadStep Open(double rate, TimeSpan deadline) =>
        new() { Rate = rate, Duration = Duration, WarmUp = WarmUp, Deadline = deadline };

    public IWorkload Workload(string name, int inputs = 1) => Workloads.Create(name, Requests, inputs, Time);
}
