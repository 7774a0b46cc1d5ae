using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Server.Configuration;

/// <summary>Validates the whole configuration before it is used, so that all errors are reported at once.</summary>
internal static class ConfigurationCheck
{
    /// <param name="services">With the sections that <see cref="ClipOptionsExtensions.AddClipOptions"/> added.</param>
    /// <param name="configuration">The whole configuration.</param>
    /// <exception cref="ConfigurationException">A setting is not valid.</exception>
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

        CheckPorts(configuration, errors);
        CheckModelNames(configuration, errors);
        var all = errors.Concat(sections.SelectMany(section => section.FindErrors())).ToList();
        if (all.Count > 0)
            throw new ConfigurationException(all);
    }

    // This rule involves two sections.
    private static void CheckModelNames(IConfiguration configuration, SettingErrors errors)
    {
        var models = new ModelOptions();
        ModelOptions.Read(configuration.GetSection("Clip:Models"), models, []);
        var inference = new InferenceOptions();
        InferenceSection.Read(configuration.GetSection("Clip:Inference"), inference, []);
        Check(nameof(InferenceOptions.Device), inference.ModelDevices.Keys);
        Check(nameof(InferenceOptions.Precision), inference.ModelPrecisions.Keys);

        void Check(string setting, IEnumerable<string> names)
        {
            var known = models.Models.Select(model => model.Name).ToList();
            foreach (var name in names.Where(name => !known.Contains(name)))
            {
                errors.Add(
                    $"Clip:Inference:{setting}",
                    $"names the model '{name}', which is not served; the models are {string.Join(", ", known)}");
            }
        }
    }

    // This rule involves two sections.
    private static void CheckPorts(IConfiguration configuration, SettingErrors errors)
    {
        var server = new ServerOptions();
        SectionBinder.Bind(configuration.GetSection("Clip:Server"), server, []);
        if (server.IsOnePort && string.IsNullOrEmpty(configuration["Clip:Tls:Certificate"]))
        {
            errors.Add(
                "Clip:Server:HttpPort",
                "must differ from --grpc-port (Clip:Server:GrpcPort) unless TLS is enabled (--tls-cert), "
                + $"but both are {server.HttpPort}");
        }
    }
}
