using System.Reflection;

namespace ClipGrpc.Server.Configuration;

/// <summary>
/// Binds a section to an options object and reports every value that cannot be converted. The framework's binder stops
/// at the first one, and reads a duration without a unit as days.
/// </summary>
internal static class SectionBinder
{
    /// <param name="others">Keys of the section that the caller reads itself.</param>
    public static void Bind(
        IConfigurationSection section, object options, SettingErrors errors, params string[] others)
    {
        var properties = GetProperties(options.GetType());
        if (!string.IsNullOrEmpty(section.Value))
            errors.Add(section.Path, $"is a section and cannot have a value, but is '{section.Value}'");

        foreach (var child in section.GetChildren())
        {
            if (properties.TryGetValue(child.Key, out var property))
                BindProperty(child, options, property, errors);
            else if (!others.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                errors.AddUnknown(child, properties.Keys.Concat(others));
        }
    }

    public static IReadOnlyDictionary<string, PropertyInfo> GetProperties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property is { CanWrite: true, SetMethod.IsPublic: true })
            .ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);

    private static void BindProperty(
        IConfigurationSection child, object options, PropertyInfo property, SettingErrors errors)
    {
        if (property.PropertyType.IsArray)
            BindArray(child, options, property, errors);
        else if (child.GetChildren().Any())
            errors.Add(child.Path, "must be a single value");
        else if (child.Value is null)
            return; // A null in a JSON file means that the setting is not set.
        else if (SettingValue.TryRead(child.Value, property.PropertyType, out var value, out var problem))
            property.SetValue(options, value);
        else
            errors.Add(child.Path, problem);
    }

    /// <summary>
    /// Reads a list of values, or one string of values separated by commas. It replaces the default unless a value is
    /// not valid.
    /// </summary>
    private static void BindArray(
        IConfigurationSection child, object options, PropertyInfo property, SettingErrors errors)
    {
        var texts = child.Value is { } line
            ? line.Split(',', StringSplitOptions.TrimEntries).Select(text => (child.Path, Text: text)).ToList()
            : child.GetChildren().Select(item => (item.Path, Text: item.Value ?? "")).ToList();
        var elementType = property.PropertyType.GetElementType()!;
        var allFit = true;
        var array = Array.CreateInstance(elementType, texts.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            if (SettingValue.TryRead(texts[i].Text, elementType, out var value, out var problem))
            {
                array.SetValue(value, i);
            }
            else
            {
                errors.Add(texts[i].Path, problem);
                allFit = false;
            }
        }

        if (allFit)
            property.SetValue(options, array);
    }
}
