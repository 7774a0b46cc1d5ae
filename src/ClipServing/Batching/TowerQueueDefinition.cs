using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Serving.Batching;

/// <summary>Describes a tower of a model for the scheduler.</summary>
internal sealed record TowerQueueDefinition<TInput> : StageDefinition<TInput>
{
    /// <summary>
    /// Creates an encoder. Called once per worker when the queue is added, and again after a failure, on a thread other
    /// than the device's. Encoders can share weights or a session if they can run concurrently.
    /// </summary>
    public required Func<IEncoder<TInput>> CreateEncoder { get; init; }
}
