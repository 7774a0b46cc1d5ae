namespace ClipGrpc.Serving.Batching;

/// <summary>A batch of copies of a sample, run to measure its duration.</summary>
internal sealed record WarmUpRun<TInput>(TInput Sample, int Size)
{
    /// <summary>The duration of the batch, without its wait for the device.</summary>
    public TaskCompletionSource<TimeSpan> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
