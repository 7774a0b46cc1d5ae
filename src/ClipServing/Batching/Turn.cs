namespace ClipGrpc.Serving.Batching;

/// <summary>A batch of a queue on a worker of its device, from the decision to take it until it has ended.</summary>
/// <param name="Worker">The number of the worker.</param>
/// <param name="Charged">Its expected duration in seconds.</param>
internal sealed record Turn(TowerQueue Queue, int Worker, long Started, double Charged, bool IsWarmUp)
{
    /// <summary>Whether the worker can begin another batch before this one has ended.</summary>
    public bool IsEnding { get; set; }

    public bool IsStuck { get; set; }
}
