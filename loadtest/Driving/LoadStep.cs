namespace ClipGrpc.LoadTest.Driving;

/// <summary>One load that is kept up for a while: an open loop of a rate, or a closed one of callers.</summary>
internal sealed record LoadStep
{
    /// <summary>Calls a second of an open loop.</summary>
    public double? Rate { get; init; }

    /// <summary>Callers of a closed loop, each waiting for its response before it calls again.</summary>
    public int? Callers { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>Before the measurement, at the same load; its calls are not counted.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>Of each call, from its intended time.</summary>
    public TimeSpan? Deadline { get; init; }

    public string Label => Rate is { } rate ? $"{rate:0.##}/s" : $"{Callers} callers";
}
