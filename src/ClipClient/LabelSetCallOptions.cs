namespace ClipGrpc.Client;

/// <summary>Options for creating a label set.</summary>
public sealed record LabelSetCallOptions
{
    /// <summary>
    /// The name of the loaded model that embeds the labels; empty, the default, means the server's default model.
    /// </summary>
    public string Model { get; init; } = "";

    /// <summary>
    /// The deadline, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for none. Default: null, for
    /// <see cref="ClipClientOptions.Timeout"/>.
    /// </summary>
    public TimeSpan? Timeout { get; init; }
}
