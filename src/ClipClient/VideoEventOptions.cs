namespace ClipGrpc.Client;

/// <summary>
/// When a label becomes visible and when it stops being visible. A segment starts with the first frame whose
/// probability (smoothed, if smoothing is enabled) is at least <see cref="EnterThreshold"/>, and is reported when it
/// has lasted <see cref="MinDuration"/>. It ends with the first frame whose probability is less than
/// <see cref="LeaveThreshold"/>, with new labels, and at the end of the stream.
/// </summary>
public sealed record VideoEventOptions
{
    /// <summary>The probability at which a segment starts; 0.01 to 1. Default: 0.5.</summary>
    public float EnterThreshold { get; init; } = 0.5f;

    /// <summary>
    /// The probability below which a segment ends; 0.01 to <see cref="EnterThreshold"/>. Default: null, for
    /// <see cref="EnterThreshold"/>.
    /// </summary>
    public float? LeaveThreshold { get; init; }

    /// <summary>The minimum duration of reported segments; at most 1 hour. Default: zero.</summary>
    public TimeSpan MinDuration { get; init; }
}
