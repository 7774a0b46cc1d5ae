using ClipGrpc.V1;

namespace ClipGrpc.LoadTest.Cameras;

/// <summary>Cameras that send frames in real time.</summary>
internal sealed record CameraLoad
{
    public required int Cameras { get; init; }

    /// <summary>Of each camera.</summary>
    public required double FramesPerSecond { get; init; }

    public required DropPolicy Policy { get; init; }

    /// <summary>The cameras are divided among so many streams.</summary>
    public required int Streams { get; init; }

    /// <summary>Width and height of a frame, in pixels.</summary>
    public required int Side { get; init; }

    /// <summary>Of the measurement.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Frames before the measurement, which are not counted.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Frames that differ less are skipped; 0: none.</summary>
    public float StaticThreshold { get; init; }

    public string Model { get; init; } = "";

    public TimeSpan Interval => TimeSpan.FromSeconds(1 / FramesPerSecond);

    /// <summary>
    /// When a frame is taken, from the start. The cameras are not in step: their phases are spread over an interval.
    /// </summary>
    public TimeSpan TimeOf(int camera, int number) => (number * Interval) + (camera * Interval / Cameras);

    public int FramesPerCamera => (int)Math.Ceiling((WarmUp + Duration) / Interval);
}
