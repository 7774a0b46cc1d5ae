namespace ClipGrpc.Server.Configuration;

/// <summary>The configuration is wrong. The message lists every error, one per line.</summary>
internal sealed class ConfigurationException(IReadOnlyCollection<SettingError> errors)
    : Exception(Describe(errors))
{
    public IReadOnlyCollection<SettingError> Errors { get; } = errors;

    private static string Describe(IReadOnlyCollection<SettingError> errors)
    {
        var heading = errors.Count == 1 ? "1 setting is wrong:" : $"{errors.Count} settings are wrong:";
        return string.Join(Environment.NewLine, errors.Select(error => "  " + error).Prepend(heading));
    }
}
