namespace ClipGrpc.Server.Configuration;

/// <summary>The configuration is wrong. The message lists every mistake, one a line.</summary>
internal sealed class ConfigurationException(IReadOnlyCollection<SettingMistake> mistakes)
    : Exception(Describe(mistakes))
{
    public IReadOnlyCollection<SettingMistake> Mistakes { get; } = mistakes;

    private static string Describe(IReadOnlyCollection<SettingMistake> mistakes)
    {
        var heading = mistakes.Count == 1 ? "1 setting is wrong:" : $"{mistakes.Count} settings are wrong:";
        return string.Join(Environment.NewLine, mistakes.Select(mistake => "  " + mistake).Prepend(heading));
    }
}
