namespace ClipGrpc.Client;

/// <summary>What every call about images and texts can be told.</summary>
public abstract record ClipCallOptions
{
    /// <summary>The name of a loaded model; empty, the default, means the server's default model.</summary>
    public string Model { get; init; } = "";

    /// <summary>How images are prepared (EXIF orientation, alpha); null means the server's way.</summary>
    public ImageOptions? Image { get; init; }

    /// <summary>Interactive by default. Use bulk for work that nobody waits for.</summary>
    public Priority Priority { get; init; }

    /// <summary>
    /// Deadline; null means <see cref="ClipClientOptions.Timeout"/> for a unary call and none for a stream.
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> means none. A stream's begins when it is enumerated.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// For batches from a source that takes its time (<c>IAsyncEnumerable</c>): a call is sent when this time has
    /// passed since its first item, though it is not full. More than zero; null, the default, means that items wait
    /// until their call is full or the source ends.
    /// </summary>
    public TimeSpan? MaxBatchDelay { get; init; }

    /// <summary>For batches: what a call that fails as a whole means for the batch.</summary>
    public CallFailure OnCallFailure { get; init; }
}
