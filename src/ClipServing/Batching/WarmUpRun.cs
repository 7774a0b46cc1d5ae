namespace ClipGrpc.Serving.Batching;

/// <summary>One batch of copies of a sample, run for its time alone.</summary>
/// <param name="Measured">Its time goes into the cost model. The first run of a shape is slow and does not.</param>
internal sealed record WarmUpRun<TInput>(TInput Sample, int Length, int Size, bool Measured)
{
    /// <summary>The time of the batch alone, without its wait for the device.</summary>
    public TaskCompletionSource<TimeSpan> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
