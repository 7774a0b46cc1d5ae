using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Configuration;

/// <summary>Binds and validates one section for the options framework.</summary>
internal sealed class ClipSection<TOptions>(string name, IConfiguration configuration, ReadSection<TOptions> read)
    : IClipSection, IConfigureOptions<TOptions>, IValidateOptions<TOptions>
    where TOptions : class, new()
{
    private readonly IConfigurationSection _section = configuration.GetSection($"Clip:{name}");

    public string Name => name;

    public IReadOnlyCollection<SettingError> FindErrors() => FindErrors(null);

    public void Configure(TOptions options) => read(_section, options, []);

    public ValidateOptionsResult Validate(string? optionsName, TOptions options)
    {
        var errors = FindErrors(options);
        return errors.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(errors.Select(error => error.ToString()));
    }

    /// <summary>Returns values that could not be converted, then values that are outside their limits. A value that
    /// could not be converted is reported once.</summary>
    private SettingErrors FindErrors(TOptions? bound)
    {
        var errors = new SettingErrors();
        var fresh = new TOptions();
        read(_section, fresh, errors);

        var options = bound ?? fresh;
        foreach (var property in SectionBinder.GetProperties(typeof(TOptions)).Values)
        {
            if (errors.Mentions(Path(property.Name)))
                continue;

            var value = property.GetValue(options);
            var context = new ValidationContext(options) { MemberName = property.Name, DisplayName = "the value" };
            foreach (var attribute in property.GetCustomAttributes(inherit: true).OfType<ValidationAttribute>())
            {
                if (attribute.GetValidationResult(value, context) is { } failure)
                    errors.Add(Path(property.Name), SettingLimit.Describe(attribute, value, failure));
            }
        }

        if (options is IValidatableObject rules)
        {
            foreach (var failure in rules.Validate(new ValidationContext(options)))
                errors.Add(Path(failure.MemberNames.FirstOrDefault()), failure.ErrorMessage ?? "is not valid");
        }

        return errors;
    }

    private string Path(string? property) => property is null ? _section.Path : $"{_section.Path}:{property}";
}
