namespace ClipGrpc.Client;

/// <summary>How to create a label set.</summary>
public sealed record LabelSetCallOptions
{
    /// <summary>
    /// The name of the loaded model that embeds the labels; empty, the default, means the server's default model.
    /// </summary>
    public string Model { get; init; } = "";

    /// <summary>
    /// Deadline; null means <see cref="ClipClientOptions.Timeout"/>.
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> means none.
    /// </summary>
    public TimeSpan? Timeout { get; init; }
}
