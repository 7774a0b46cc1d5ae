namespace ClipGrpc.Client;

/// <summary>Options that all calls with images or texts have in common.</summary>
public abstract record ClipCallOptions
{
    /// <summary>The name of a loaded model. Default: empty, for the server's default model.</summary>
    public string Model { get; init; } = "";

    /// <summary>How images are prepared (EXIF orientation, alpha). Default: null, for the server's defaults.</summary>
    public ImageOptions? Image { get; init; }

    /// <summary>The priority. Default: interactive. Use bulk for background work.</summary>
    public Priority Priority { get; init; }

    /// <summary>
    /// The deadline, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for none. Default: null, for
    /// <see cref="ClipClientOptions.Timeout"/> in unary calls and none in streams. In streams, the time starts when the
    /// results are enumerated.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// For batches from an <c>IAsyncEnumerable</c>: the maximum time that an item waits for others before its call is
    /// sent. More than zero. Default: null, for no limit: a call is sent when it is full or the source ends.
    /// </summary>
    public TimeSpan? MaxBatchDelay { get; init; }

    /// <summary>For batches: what happens to the batch if one of its calls fails as a whole.</summary>
    public CallFailure OnCallFailure { get; init; }
}
