namespace ClipGrpc.Models.Hub;

/// <summary>
/// Settings of downloads from the Hugging Face Hub, from the environment variables of huggingface_hub.
/// </summary>
internal sealed record HubOptions
{
    public const string TokenVariable = "HF_TOKEN";
    public const string OfflineVariable = "HF_HUB_OFFLINE";
    private const string EndpointVariable = "HF_ENDPOINT";
    private const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>HF_ENDPOINT, without a trailing slash. Default: https://huggingface.co.</summary>
    public Uri Endpoint { get; init; } = new(DefaultEndpoint);

    /// <summary>HF_HUB_CACHE. Default: <c>hub</c> in HF_HOME (default: <c>~/.cache/huggingface</c>).</summary>
    public required string CacheFolder { get; init; }

    /// <summary>
    /// HF_TOKEN, or the content of the file HF_TOKEN_PATH (default: <c>token</c> in HF_HOME); null if neither exists.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>HF_HUB_OFFLINE: no requests are sent to the Hugging Face Hub.</summary>
    public bool Offline { get; init; }

    /// <param name="variable">The value of an environment variable, null where it is not set.</param>
    /// <exception cref="ClipException">
    /// InvalidInput: a variable or the token file is not valid. The message does not contain its value.
    /// </exception>
    public static HubOptions FromEnvironment(Func<string, string?> variable)
    {
        var home = FolderIn(variable, "HF_HOME")
            ?? Path.Combine(
                FolderIn(variable, "XDG_CACHE_HOME") ?? Path.Combine(UserFolder(variable), ".cache"),
                "huggingface");
        return new HubOptions
        {
            Endpoint = ReadEndpoint(variable(EndpointVariable)),
            CacheFolder = Path.GetFullPath(FolderIn(variable, "HF_HUB_CACHE") ?? Path.Combine(home, "hub")),
            Token = ReadToken(variable, home),
            Offline = variable(OfflineVariable)?.Trim().ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE",
        };
    }

    /// <summary>Does not contain the token, which the generated method of a record would print.</summary>
    public override string ToString() =>
        $"{Endpoint}, cache {CacheFolder}{(Token is null ? "" : ", with a token")}{(Offline ? ", offline" : "")}";

    private static string UserFolder(Func<string, string?> variable) =>
        variable("HOME") is { Length: > 0 } home
            ? home
            : Environment.GetFolderPath(
                Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);

    private static string? FolderIn(Func<string, string?> variable, string name)
    {
        var value = variable(name)?.Trim();
        if (string.IsNullOrEmpty(value))
            return null;
        return value == "~" || value.StartsWith("~/", StringComparison.Ordinal)
            ? Path.Join(UserFolder(variable), value[1..])
            : value;
    }

    private static Uri ReadEndpoint(string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
            return new Uri(DefaultEndpoint);

        var isUsable = Uri.TryCreate(value.Trim().TrimEnd('/'), UriKind.Absolute, out var endpoint)
            && endpoint.Scheme is "http" or "https"
            && endpoint is { Query: "", Fragment: "", UserInfo: "" };
        return isUsable
            ? endpoint!
            : throw Unusable(EndpointVariable, $"it is not a URL such as {DefaultEndpoint}");
    }

    private static string? ReadToken(Func<string, string?> variable, string home)
    {
        if (variable(TokenVariable)?.Trim() is { Length: > 0 } token)
            return Check(token, TokenVariable);

        var path = FolderIn(variable, "HF_TOKEN_PATH") ?? Path.Combine(home, "token");
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } saved
                ? Check(saved, "The Hub's token file")
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable("The Hub's token file", "it cannot be read", exception);
        }
    }

    private static string Check(string token, string where) =>
        token.All(character => character is > ' ' and <= '~')
            ? token
            : throw Unusable(where, "a token must consist of printable ASCII characters without spaces");

    private static ClipException Unusable(string what, string problem, Exception? cause = null) =>
        new(ClipErrorReason.InvalidSetting, $"{what} cannot be used: {problem}.", cause);
}
