namespace ClipGrpc.Server.Configuration;

/// <summary>Looks at the whole configuration before anything is built from it, so that all errors are reported at once.
/// </summary>
internal static class ConfigurationCheck
{
    /// <param name="services">With the sections that <see cref="ClipOptionsExtensions.AddClipOptions"/> added.</param>
    /// <param name="configuration">The whole configuration.</param>
    /// <exception cref="ConfigurationException">Some setting is wrong.</exception>
    public static void ThrowOnErrors(IServiceCollection services, IConfiguration configuration)
    {
        var sections = services.Select(service => service.ServiceType == typeof(IClipSection)
            ? service.ImplementationInstance : null).OfType<IClipSection>().ToList();
        var names = sections.Select(section => section.Name).ToList();
        var errors = new SettingErrors();
        foreach (var child in configuration.GetSection("Clip").GetChildren())
        {
            if (!names.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                errors.AddUnknown(child, names);
        }

        var all = errors.Concat(sections.SelectMany(section => section.FindErrors())).ToList();
        if (all.Count > 0)
            throw new ConfigurationException(all);
    }
}
