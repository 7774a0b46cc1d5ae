using System.Globalization;

namespace ClipGrpc.Models.Files;

/// <summary>The files that the server can create again. It may be deleted at any time.</summary>
internal static class CacheFolder
{
    public const string Variable = "CLIPGRPC_CACHE";

    public const string BytesVariable = "CLIPGRPC_CACHE_BYTES";

    private const long DefaultBytes = 20_000_000_000;

    /// <summary>Value of <see cref="Variable"/> that says to keep nothing.</summary>
    public const string Off = "off";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The folder that the variable names, or one in the user's cache folder; null: keep nothing.</summary>
    public static string? Locate() => Locate(Environment.GetEnvironmentVariable);

    public static string? Locate(Func<string, string?> variable)
    {
        if (Value(Variable) is { } named)
            return named == Off ? null : Path.GetFullPath(named);
        if (OperatingSystem.IsWindows())
            return Value("LOCALAPPDATA") is { } local ? Path.Combine(local, "clipgrpc") : null;
        if (Value("XDG_CACHE_HOME") is { } cache && Path.IsPathRooted(cache))
            return Path.Combine(cache, "clipgrpc");
        return Value("HOME") is { } home ? Path.Combine(home, ".cache", "clipgrpc") : null;

        string? Value(string name) => variable(name) is { Length: > 0 } value ? value : null;
    }

    /// <summary>Bytes that the converted weights may take; 0: none are kept.</summary>
    /// <exception cref="ClipException">The variable is not a number of bytes.</exception>
    public static long ReadLimit(Func<string, string?> variable)
    {
        if (variable(BytesVariable) is not { Length: > 0 } text)
            return DefaultBytes;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            ? bytes
            : throw new ClipException(
                ClipErrorReason.InvalidSetting,
                $"{BytesVariable}: {CheckpointErrors.Quote(text)} is not a number of bytes, such as {DefaultBytes}.");
    }

    /// <summary>Makes a folder below it that others cannot write to.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public static string Create(string cache, string name)
    {
        var path = Path.Combine(cache, name);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnly);
        return path;
    }
}
