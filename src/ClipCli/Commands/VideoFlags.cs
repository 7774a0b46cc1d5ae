using System.CommandLine;
using System.Globalization;
using ClipGrpc.Cli.Video.Sources;

namespace ClipGrpc.Cli.Commands;

/// <summary>The options of <c>clip video</c> for which frames are wanted, and how ffmpeg reads the sources.</summary>
internal sealed class VideoFlags
{
    private const double DefaultSceneThreshold = 0.2;
    private const double MostFramesPerSecond = 1000;

    private static readonly string[] ColorMatrices = ["bt601", "bt709", "bt2020"];

    private readonly Option<string?> _every = new("--every")
    {
        HelpName = "TIME",
        Description = "Classify one frame per interval, such as 1s, 500ms or 2m. Default: every frame.",
    };

    private readonly Option<double?> _fps = new("--fps")
    {
        HelpName = "N",
        Description = "Classify at most N frames per second of video.",
    };

    private readonly Option<bool> _scenes = new("--scenes")
    {
        Description = "Classify only the first frame of each scene.",
    };

    private readonly Option<double> _sceneThreshold = new("--scene-threshold")
    {
        HelpName = "D",
        Description = "For --scenes: minimum difference of the frames at a cut, 0 to 1. Lower values find more cuts.",
        DefaultValueFactory = _ => DefaultSceneThreshold,
    };

    private readonly Option<string[]?> _raw = new("--raw")
    {
        HelpName = "FORMAT WxH@FPS",
        Arity = new ArgumentArity(2, 2),
        AllowMultipleArgumentsPerToken = true,
        Description = "Standard input has raw frames in a pixel format of ffmpeg, such as nv12 1280x720@25.",
    };

    private readonly Option<string?> _colorMatrix = new("--color-matrix")
    {
        HelpName = "M",
        Description = "Color matrix of YUV frames: bt601, bt709 or bt2020. Default: that of the video; if it has none, "
            + "bt709 for files with 720 lines or more, otherwise bt601.",
    };

    private readonly Option<string?> _ffmpeg = new("--ffmpeg")
    {
        HelpName = "PATH",
        Description = "The ffmpeg executable. Default: the environment variable CLIP_FFMPEG, then ffmpeg in PATH.",
    };

    private readonly Option<string?> _hardware = new("--hwaccel")
    {
        HelpName = "NAME",
        Description = "Hardware decoder: cuda, vaapi, qsv, videotoolbox, d3d11va or another one of ffmpeg -hwaccels.",
    };

    private readonly Option<string?> _arguments = new("--ffmpeg-args")
    {
        HelpName = "ARGS",
        Description = "Additional input options of ffmpeg, separated by spaces, such as \"-rtsp_transport udp\".",
    };

    private readonly Option<string?> _protocols = new("--allow-protocols")
    {
        HelpName = "LIST",
        Description = "Additional protocols that a source may use, such as http,https,tls,tcp. Enables playlists (HLS, "
            + "DASH), which can access everything that these protocols can reach; file allows all files.",
    };

    public VideoFlags(Command command)
    {
        Check(_every, text => Duration.Parse(text) is { } every && every > TimeSpan.Zero
            ? null
            : $"--every: \"{text}\" is not a duration greater than 0, such as 1s, 500ms or 2m.");
        Check(_fps, text => Number(text) is > 0 and <= MostFramesPerSecond or null
            ? null
            : $"--fps must be more than 0 and at most {MostFramesPerSecond}.");
        Check(_sceneThreshold, text => Number(text) is > 0 and < 1 or null
            ? null
            : "--scene-threshold must be between 0 and 1.");
        Check(_colorMatrix, text => ColorMatrices.Contains(text)
            ? null
            : $"--color-matrix: \"{text}\" is not {string.Join(" or ", ColorMatrices)}.");
        _raw.Validators.Add(result =>
        {
            if (result.Tokens is [var format, var size] && RawVideoFormat.Parse(format.Value, size.Value) is null)
                result.AddError($"--raw: \"{format} {size}\" is not of the form \"nv12 1280x720@25\".");
        });
        command.AddRule(result =>
        {
            Option[] choices = [_every, _fps, _scenes];
            if (choices.Count(choice => result.GetResult(choice) is { Implicit: false }) > 1)
                result.AddError("--every, --fps and --scenes cannot be used together.");
        });
        foreach (var option in (Option[])[_every, _fps, _scenes, _sceneThreshold])
            command.Add(option);
    }

    /// <summary>The options that few need; last in the help.</summary>
    public void AddReading(Command command)
    {
        foreach (var option in (Option[])[_raw, _colorMatrix, _ffmpeg, _hardware, _arguments, _protocols])
            command.Add(option);
    }

    public string? Executable(ParseResult parsed) => parsed.GetValue(_ffmpeg);

    public VideoOptions Read(ParseResult parsed) => new()
    {
        FramesPerSecond = parsed.GetValue(_every) is { } every
            ? 1 / Duration.Parse(every)!.Value.TotalSeconds
            : parsed.GetValue(_fps),
        SceneThreshold = parsed.GetValue(_scenes) ? parsed.GetValue(_sceneThreshold) : null,
        Raw = parsed.GetValue(_raw) is [var format, var size] ? RawVideoFormat.Parse(format, size) : null,
        ColorMatrix = parsed.GetValue(_colorMatrix),
        HardwareDecoder = parsed.GetValue(_hardware),
        InputArguments = Words(parsed.GetValue(_arguments), ' '),
        AllowedProtocols = Words(parsed.GetValue(_protocols), ','),
    };

    public static void Check<T>(Option<T> option, Func<string, string?> problem) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && problem(token.Value) is { } error)
            result.AddError(error);
    });

    /// <returns>Null where it is not a number, which the parser reports.</returns>
    public static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] Words(string? text, char separator) =>
        (text ?? "").Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
