namespace ClipGrpc.Cli.Video.Ffmpeg;

/// <summary>Finds the ffmpeg executable, and ffprobe beside it.</summary>
internal static class FfmpegLocator
{
    public const string Variable = "CLIP_FFMPEG";

    /// <param name="option">The path of --ffmpeg; null where it is left out.</param>
    /// <exception cref="CliException">There is none.</exception>
    public static string Find(string? option) => Find(
        option, Environment.GetEnvironmentVariable(Variable), Environment.GetEnvironmentVariable("PATH"));

    public static string Find(string? option, string? variable, string? path)
    {
        if (option is { Length: > 0 })
            return Existing(option, "--ffmpeg");
        if (variable is { Length: > 0 })
            return Existing(variable, Variable);
        return ProgramPath.Search("ffmpeg", path) ?? throw new CliException(
            ExitCode.Failure,
            $"ffmpeg, which decodes videos, was not found. Install it ({InstallHint()}), or specify its path with "
            + $"--ffmpeg PATH or {Variable}.");
    }

    /// <summary>ffprobe belongs to ffmpeg and comes with it.</summary>
    /// <returns>Null where there is none: it is of use and not needed.</returns>
    public static string? FindProbe(string ffmpeg)
    {
        var beside = Path.Combine(Path.GetDirectoryName(ffmpeg) ?? "", ProgramPath.FileName("ffprobe"));
        return File.Exists(beside) ? beside : ProgramPath.Search("ffprobe", Environment.GetEnvironmentVariable("PATH"));
    }

    private static string Existing(string path, string setting) => File.Exists(path)
        ? Path.GetFullPath(path)
        : throw CliException.WrongUse($"{setting}: there is no file {path}.");

    private static string InstallHint()
    {
        if (OperatingSystem.IsWindows())
            return "winget install Gyan.FFmpeg";
        if (OperatingSystem.IsMacOS())
            return "brew install ffmpeg";
        return "apt-get install ffmpeg, dnf install ffmpeg-free or apk add ffmpeg";
    }
}
