namespace ClipGrpc.Cli.Benchmarks;

/// <summary>Which loads to put on the server, and for how long.</summary>
internal sealed record BenchPlan
{
    public required IReadOnlyList<int> Callers { get; init; }

    public required IReadOnlyList<int> ItemsPerCall { get; init; }

    /// <summary>Calls per second of the open loop; empty: shares of what the closed loop reached.</summary>
    public required IReadOnlyList<double> Rates { get; init; }

    public required bool RunsClosedLoop { get; init; }

    public required bool RunsOpenLoop { get; init; }

    /// <summary>What is measured of each step.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Before the measurement, at the same load; its calls are not counted.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Of each call, from the time at which it was due.</summary>
    public required TimeSpan Deadline { get; init; }
}
