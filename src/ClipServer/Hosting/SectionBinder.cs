using System.Reflection;

namespace ClipGrpc.Server.Hosting;

/// <summary>
/// Fills an options object from its section, property by property, and notes every value that does not fit. The
/// framework's binder stops at the first one and reads a bare number as days where a duration is meant.
/// </summary>
internal static class SectionBinder
{
    public static void Bind(IConfigurationSection section, object options, SettingMistakes mistakes)
    {
        var properties = GetProperties(options.GetType());
        if (!string.IsNullOrEmpty(section.Value))
            mistakes.Add(section.Path, $"is a group of settings and takes no value of its own, but is '{section.Value}'");

        foreach (var child in section.GetChildren())
        {
            if (properties.TryGetValue(child.Key, out var property))
                BindProperty(child, options, property, mistakes);
            else
                mistakes.AddUnknown(child, properties.Keys);
        }
    }

    public static IReadOnlyDictionary<string, PropertyInfo> GetProperties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property is { CanWrite: true, SetMethod.IsPublic: true })
            .ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);

    private static void BindProperty(
        IConfigurationSection child, object options, PropertyInfo property, SettingMistakes mistakes)
    {
        if (!SettingValue.CanRead(property.PropertyType))
            BindComposite(child, options, property, mistakes);
        else if (child.Value is null)
            NoteMissingValue(child, mistakes);
        else if (SettingValue.TryRead(child.Value, property.PropertyType, out var value, out var problem))
            property.SetValue(options, value);
        else
            mistakes.Add(child.Path, problem);
    }

    private static void NoteMissingValue(IConfigurationSection child, SettingMistakes mistakes)
    {
        // A null in a JSON file means "not given"; children mean that something else was meant.
        if (child.GetChildren().Any())
            mistakes.Add(child.Path, "must be a single value");
    }

    private static void BindComposite(
        IConfigurationSection child, object options, PropertyInfo property, SettingMistakes mistakes)
    {
        try
        {
            if (child.Get(property.PropertyType) is { } value)
                property.SetValue(options, value);
        }
        catch (InvalidOperationException exception)
        {
            mistakes.Add(child.Path, $"cannot be read: {exception.Message.TrimEnd('.')}");
        }
    }
}
