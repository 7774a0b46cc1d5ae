using System.Diagnostics;
using ClipGrpc.Cli.Video.Ffmpeg;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli.Video;

/// <summary>Videos that ffmpeg makes for the tests. Where there is no ffmpeg, the tests that ask are skipped.</summary>
public sealed class TestVideos : IDisposable
{
    /// <summary>What <see cref="Slides"/> shows, each for <see cref="SlideSeconds"/>.</summary>
    public static readonly IReadOnlyList<string> SlideLabels = ["a dog", "a slice of pizza", "a guitar"];

    public const int SlideSeconds = 2;
    public const int SlideFramesPerSecond = 10;

    private static readonly string Samples = Path.Combine(AppContext.BaseDirectory, "samples");

    private readonly TemporaryFolder _folder = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _made = [];

    public static string Ffmpeg
    {
        get
        {
            var ffmpeg = Installed();
            Assert.SkipWhen(ffmpeg is null, "There is no ffmpeg in PATH.");
            return ffmpeg!;
        }
    }

    public string PathOf(string name) => _folder.PathOf(name);

    public string Write(string name, byte[] content) => _folder.Write(name, content);

    public string Write(string name, string content) => _folder.Write(name, content);

    /// <summary>Cuts between three samples.</summary>
    public string Slides() => Make("slides.mp4", Slideshow("dog.png", "pizza.webp", "guitar.png"));

    /// <summary>The first two samples, each 2 seconds, with one second in which one fades into the other.</summary>
    public string Crossfade() => Make(
        "crossfade.mp4",
        "-loop", "1", "-framerate", "10", "-t", "3", "-i", Path.Combine(Samples, "dog.png"),
        "-loop", "1", "-framerate", "10", "-t", "3", "-i", Path.Combine(Samples, "pizza.webp"),
        "-filter_complex",
        $"[0]{Fit},format=yuv420p[a];[1]{Fit},format=yuv420p[b];[a][b]xfade=transition=fade:duration=1:offset=2",
        "-c:v", "mpeg4", "-q:v", "2");

    /// <summary>One sample with the noise of a sensor.</summary>
    public string Static(int seconds) => Make(
        $"static{seconds}.mkv",
        "-loop", "1", "-framerate", "10", "-t", $"{seconds}", "-i", Path.Combine(Samples, "dog.png"),
        "-vf", $"{Fit},noise=alls=4:allf=t,format=yuv420p", "-c:v", "mpeg4", "-q:v", "4");

    /// <param name="name">Of the file; its ending is the container.</param>
    /// <param name="arguments">Of ffmpeg, without the file.</param>
    public string Make(string name, params string[] arguments)
    {
        var ffmpeg = Ffmpeg;
        lock (_lock)
        {
            if (_made.TryGetValue(name, out var path))
                return path;
            path = PathOf(name);
            Run(ffmpeg, ["-v", "error", "-nostdin", "-y", .. arguments, path]);
            return _made[name] = path;
        }
    }

    public void Dispose() => _folder.Dispose();

    private const string Fit =
        "scale=160:120:force_original_aspect_ratio=decrease,pad=160:120:(ow-iw)/2:(oh-ih)/2:white,setsar=1";

    private static string[] Slideshow(params string[] samples)
    {
        var inputs = samples.SelectMany(sample => (string[])
            [
                "-loop", "1", "-framerate", $"{SlideFramesPerSecond}", "-t", $"{SlideSeconds}", "-i",
                Path.Combine(Samples, sample),
            ]);
        var fitted = string.Concat(samples.Select((_, i) => $"[{i}]{Fit},format=yuv420p[f{i}];"));
        var joined = string.Concat(samples.Select((_, i) => $"[f{i}]"));
        return
        [
            .. inputs, "-filter_complex", $"{fitted}{joined}concat=n={samples.Length}", "-c:v", "mpeg4", "-q:v", "2",
            "-movflags", "+faststart",
        ];
    }

    private static void Run(string ffmpeg, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(ffmpeg, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
    }

    private static string? Installed()
    {
        try
        {
            return FfmpegLocator.Find(null);
        }
        catch (ClipGrpc.Cli.CliException)
        {
            return null;
        }
    }
}
