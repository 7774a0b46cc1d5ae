using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Configuration;

internal static class ClipOptionsExtensions
{
    /// <summary>
    /// Binds the options to the section <c>Clip:{name}</c> and validates them by their data annotations and, for rules
    /// that involve several settings, <see cref="System.ComponentModel.DataAnnotations.IValidatableObject"/>. They can
    /// be injected as <typeparamref name="TOptions"/> and as <see cref="IOptions{TOptions}"/>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="name">The section's name below <c>Clip</c>.</param>
    /// <param name="read">Reads a section that does not have one value per property. Default: the binder.</param>
    public static IServiceCollection AddClipOptions<TOptions>(
        this IServiceCollection services, IConfiguration configuration, string name,
        ReadSection<TOptions>? read = null)
        where TOptions : class, new()
    {
        var section = new ClipSection<TOptions>(
            name, configuration, read ?? ((values, options, errors) => SectionBinder.Bind(values, options, errors)));
        services.AddOptions();
        services.AddSingleton<IClipSection>(section);
        services.AddSingleton<IConfigureOptions<TOptions>>(section);
        services.AddSingleton<IValidateOptions<TOptions>>(section);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<TOptions>>().Value);
        return services;
    }
}
