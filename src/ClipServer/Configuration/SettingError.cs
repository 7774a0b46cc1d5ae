namespace ClipGrpc.Server.Configuration;

/// <summary>One wrong setting.</summary>
/// <param name="Key">The configuration key: <c>Clip:Server:GrpcPort</c>.</param>
/// <param name="Problem">The rest of the sentence that begins with the setting: "must be …".</param>
internal sealed record SettingError(string Key, string Problem)
{
    /// <summary>The error with every name that a user may know the setting by.</summary>
    public override string ToString()
    {
        var environment = Key.Replace(":", "__", StringComparison.Ordinal);
        return ServerFlags.ForKey(Key) is { } flag
            ? $"{flag.Name} {Problem} ({Key}, {environment})"
            : $"{Key} {Problem} ({environment})";
    }
}
