namespace ClipGrpc.Cli.Video.Sources;

/// <summary>Which frames of a source are wanted, and how ffmpeg opens and decodes it.</summary>
internal sealed record VideoOptions
{
    /// <summary>At most so many frames per second of the video; null for all.</summary>
    public double? FramesPerSecond { get; init; }

    /// <summary>One frame per scene: a frame that differs so much from the one before, 0 to 1; null for all.</summary>
    public double? SceneThreshold { get; init; }

    /// <summary>The name of a hardware decoder as <c>ffmpeg -hwaccels</c> lists it.</summary>
    public string? HardwareDecoder { get; init; }

    /// <summary>Further options of ffmpeg for its input.</summary>
    public IReadOnlyList<string> InputArguments { get; init; } = [];

    /// <summary>Protocols that a playlist may use; empty refuses playlists.</summary>
    public IReadOnlyList<string> AllowedProtocols { get; init; } = [];

    /// <summary>Of standard input; null where it has a container.</summary>
    public RawVideoFormat? Raw { get; init; }

    /// <summary>How YUV was made: bt601, bt709 or bt2020; null for what the source states.</summary>
    public string? ColorMatrix { get; init; }
}
