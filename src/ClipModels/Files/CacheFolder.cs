namespace ClipGrpc.Models.Files;

/// <summary>Where the server keeps what it can make anew. It may be deleted at any time.</summary>
internal static class CacheFolder
{
    public const string Variable = "CLIPGRPC_CACHE";

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
