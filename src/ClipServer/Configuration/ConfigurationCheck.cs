namespace ClipGrpc.Server.Configuration;

/// <summary>Looks at the whole configuration before anything is built from it, so that all mistakes are told at once.
/// </summary>
internal static class ConfigurationCheck
{
    /// <param name="services">With the sections that <see cref="ClipOptionsExtensions.AddClipOptions"/> added.</param>
    /// <param name="configuration">The whole configuration.</param>
    /// <exception cref="ConfigurationException">Some setting is wrong.</exception>
    public static void ThrowOnMistakes(IServiceCollection services, IConfiguration configuration)
    {
        var sections = services.Select(service => service.ServiceType == typeof(IClipSection)
            ? service.ImplementationInstance : null).OfType<IClipSection>().ToList();
        var names = sections.Select(section => section.Name).ToList();
        var mistakes = new SettingMistakes();
        foreach (var child in configuration.GetSection("Clip").GetChildren())
        {
            if (!names.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                mistakes.AddUnknown(child, names);
        }

        var all = mistakes.Concat(sections.SelectMany(section => section.FindMistakes())).ToList();
        if (all.Count > 0)
            throw new ConfigurationException(all);
    }
}
