using ClipGrpc.Models.Catalog;

namespace ClipGrpc.Server.Configuration;

/// <summary>
/// Section <c>Clip:Models</c>: the models to serve. A list of <c>{ "Name": …, "Source": … }</c> or of
/// <c>"NAME=SOURCE"</c>, or one string of the latter separated by semicolons. The first is the default model. A string,
/// and therefore <c>--model</c>, replaces a list from another configuration source instead of adding to it.
/// </summary>
internal sealed class ModelOptions
{
    public const int MaxModels = 64;

    /// <summary>Default: the demo model. At most <see cref="MaxModels"/>; names must be unique.</summary>
    public IReadOnlyList<ModelSpec> Models { get; set; } = [new ModelSpec("demo", "demo")];

    /// <summary>Reads the section's three forms.</summary>
    public static void Read(IConfigurationSection section, ModelOptions options, SettingErrors errors)
    {
        var models = section.Value is { } line ? ReadLine(section, line, errors) : ReadList(section, errors);
        if (section.Value is null && !section.GetChildren().Any())
            return;

        if (models.Count == 0 && errors.Count == 0)
            errors.Add(section.Path, "contains no model; remove the setting to serve the demo model");
        if (models.Count > MaxModels)
            errors.Add(section.Path, $"contains {models.Count} models; the maximum is {MaxModels}");
        foreach (var twice in models.GroupBy(model => model.Name, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            errors.Add(
                section.Path,
                $"contains '{twice.Key}' {twice.Count()} times; give each model a unique name, as NAME=SOURCE");
        }

        options.Models = models;
    }

    private static List<ModelSpec> ReadLine(IConfigurationSection section, string line, SettingErrors errors)
    {
        var models = new List<ModelSpec>();
        foreach (var text in SettingList.Split(line))
        {
            if (ModelSpec.TryParse(text, out var model, out var error))
                models.Add(model);
            else
                errors.Add(section.Path, $"'{text}' {error.Problem}");
        }

        return models;
    }

    private static List<ModelSpec> ReadList(IConfigurationSection section, SettingErrors errors)
    {
        var models = new List<ModelSpec>();
        foreach (var item in section.GetChildren())
        {
            foreach (var child in item.GetChildren())
            {
                if (child.Key.ToUpperInvariant() is not ("NAME" or "SOURCE"))
                    errors.AddUnknown(child, ["Name", "Source"]);
            }

            var read = item.Value is { } text
                ? ModelSpec.TryParse(text, out var model, out var error)
                : ModelSpec.TryCreate(item["Name"], item["Source"], null, out model, out error);
            if (read)
                models.Add(model!);
            else
                errors.Add(item.Path, error!.Problem);
        }

        return models;
    }
}
