namespace ClipGrpc.Server.Configuration;

/// <summary>A setting that is not valid.</summary>
/// <param name="Key">The configuration key: <c>Clip:Server:GrpcPort</c>.</param>
/// <param name="Problem">A phrase that completes the sentence "SETTING …": "must be …".</param>
internal sealed record SettingError(string Key, string Problem)
{
    /// <summary>The error, with the flag, key and environment variable of the setting.</summary>
    public override string ToString()
    {
        var environment = Key.Replace(":", "__", StringComparison.Ordinal);
        return ServerFlags.ForKey(Key) is { } flag
            ? $"{flag.Name} {Problem} ({Key}, {environment})"
            : $"{Key} {Problem} ({environment})";
    }
}
