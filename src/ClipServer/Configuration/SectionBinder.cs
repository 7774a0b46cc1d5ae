using System.Reflection;

namespace ClipGrpc.Server.Configuration;

/// <summary>
/// Fills an options object from its section, property by property, and notes every value that does not fit. The
/// framework's binder stops at the first one and reads a bare number as days where a duration is meant.
/// </summary>
internal static class SectionBinder
{
    /// <param name="others">Settings of the section that the caller reads itself.</param>
    public static void Bind(
        IConfigurationSection section, object options, SettingErrors errors, params string[] others)
    {
        var properties = GetProperties(options.GetType());
        if (!string.IsNullOrEmpty(section.Value))
            errors.Add(section.Path, $"is a group of settings and takes no value of its own, but is '{section.Value}'");

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
            return; // A null in a JSON file means "not given".
        else if (SettingValue.TryRead(child.Value, property.PropertyType, out var value, out var problem))
            property.SetValue(options, value);
        else
            errors.Add(child.Path, problem);
    }

    /// <summary>
    /// A list of values, or one text with commas between them. It replaces the default, unless a value does not fit.
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
