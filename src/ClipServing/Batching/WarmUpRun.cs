namespace ClipGrpc.Serving.Batching;

/// <summary>One batch of copies of a sample, run for its time alone.</summary>
internal sealed record WarmUpRun<TInput>(TInput Sample, int Size)
{
    /// <summary>The time of the batch alone, without its wait for the device.</summary>
    public TaskCompletionSource<TimeSpan> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
