using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Configuration;

/// <summary>Reads and checks one section for the options framework.</summary>
internal sealed class ClipSection<TOptions>(string name, IConfiguration configuration, ReadSection<TOptions> read)
    : IClipSection, IConfigureOptions<TOptions>, IValidateOptions<TOptions>
    where TOptions : class, new()
{
    private readonly IConfigurationSection _section = configuration.GetSection($"Clip:{name}");

    public string Name => name;

    public IReadOnlyCollection<SettingMistake> FindMistakes() => FindMistakes(null);

    public void Configure(TOptions options) => read(_section, options, []);

    public ValidateOptionsResult Validate(string? optionsName, TOptions options)
    {
        var mistakes = FindMistakes(options);
        return mistakes.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(mistakes.Select(mistake => mistake.ToString()));
    }

    /// <summary>Values that do not fit their type, then values outside their limits. A value that could not be read
    /// is not held against the limits as well.</summary>
    private SettingMistakes FindMistakes(TOptions? bound)
    {
        var mistakes = new SettingMistakes();
        var fresh = new TOptions();
        read(_section, fresh, mistakes);

        var options = bound ?? fresh;
        foreach (var property in SectionBinder.GetProperties(typeof(TOptions)).Values)
        {
            if (mistakes.Mentions(Path(property.Name)))
                continue;

            var value = property.GetValue(options);
            var context = new ValidationContext(options) { MemberName = property.Name, DisplayName = "the value" };
            foreach (var attribute in property.GetCustomAttributes(inherit: true).OfType<ValidationAttribute>())
            {
                if (attribute.GetValidationResult(value, context) is { } failure)
                    mistakes.Add(Path(property.Name), SettingLimit.Describe(attribute, value, failure));
            }
        }

        if (options is IValidatableObject rules)
        {
            foreach (var failure in rules.Validate(new ValidationContext(options)))
                mistakes.Add(Path(failure.MemberNames.FirstOrDefault()), failure.ErrorMessage ?? "is wrong");
        }

        return mistakes;
    }

    private string Path(string? property) => property is null ? _section.Path : $"{_section.Path}:{property}";
}
