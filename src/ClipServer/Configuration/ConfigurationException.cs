namespace ClipGrpc.Server.Configuration;

/// <summary>The configuration is not valid. The message lists all errors, one per line.</summary>
internal sealed class ConfigurationException(IReadOnlyCollection<SettingError> errors)
    : Exception(Describe(errors))
{
    public IReadOnlyCollection<SettingError> Errors { get; } = errors;

    private static string Describe(IReadOnlyCollection<SettingError> errors)
    {
        var heading = errors.Count == 1 ? "1 setting is not valid:" : $"{errors.Count} settings are not valid:";
        return string.Join(Environment.NewLine, errors.Select(error => "  " + error).Prepend(heading));
    }
}
