namespace ClipGrpc.Client;

/// <summary>
/// When a label begins and ends to be visible. A segment begins with the first frame whose probability (smoothed, if
/// smoothing is on) is at least <see cref="EnterThreshold"/>, and is reported when it has lasted
/// <see cref="MinDuration"/>. It ends with the first frame whose probability is less than <see cref="LeaveThreshold"/>,
/// with new labels, and at the end of the stream.
/// </summary>
public sealed record VideoEventOptions
{
    /// <summary>The probability from which a segment begins, 0.01 to 1; 0.5 by default.</summary>
    public float EnterThreshold { get; init; } = 0.5f;

    /// <summary>
    /// The probability below which a segment ends, 0.01 to <see cref="EnterThreshold"/>; null, the default, means that
    /// one.
    /// </summary>
    public float? LeaveThreshold { get; init; }

    /// <summary>Shorter segments are not reported; zero by default, at most 1 hour.</summary>
    public TimeSpan MinDuration { get; init; }
}
