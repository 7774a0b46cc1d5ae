using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Server.Configuration;

/// <summary>
/// Section <c>Clip:Inference</c>. <c>Device</c> and <c>Precision</c> accept <c>VALUE</c> for all models and
/// <c>NAME=VALUE</c> for one model; <c>Providers</c> accepts <c>NAME=PATH</c>. Each is a list, or one string of values
/// separated by semicolons. <c>ProviderOptions:PROVIDER:OPTION</c> is passed to the provider as its option.
/// </summary>
internal static class InferenceSection
{
    private const string Device = nameof(InferenceOptions.Device);
    private const string PrecisionKey = nameof(InferenceOptions.Precision);
    private const string Providers = nameof(InferenceOptions.Providers);
    private const string ProviderOptions = nameof(InferenceOptions.ProviderOptions);

    private static readonly string[] Own = [Device, PrecisionKey, Providers, ProviderOptions];

    public static void Read(IConfigurationSection section, InferenceOptions options, SettingErrors errors)
    {
        SectionBinder.Bind(section, options, errors, Own);
        (options.Device, options.ModelDevices) = ReadPerModel(
            section.GetSection(Device), options.Device, ReadDevice, errors);
        (options.Precision, options.ModelPrecisions) = ReadPerModel(
            section.GetSection(PrecisionKey), options.Precision, ReadPrecision, errors);
        options.Providers = ReadProviders(section.GetSection(Providers), errors);
        options.ProviderOptions = section.GetSection(ProviderOptions).GetChildren().ToDictionary(
            provider => provider.Key,
            provider => ReadOptions(provider, errors),
            StringComparer.OrdinalIgnoreCase);
    }

    private static (T All, IReadOnlyDictionary<string, T> Own) ReadPerModel<T>(
        IConfigurationSection section, T fallback, Func<string, (T Value, string? Problem)> read, SettingErrors errors)
    {
        var all = fallback;
        var own = new Dictionary<string, T>(StringComparer.Ordinal);
        var hasAll = false;
        foreach ((var path, var text) in ReadList(section))
        {
            var equals = text.IndexOf('=');
            var name = equals < 0 ? null : text[..equals].Trim();
            (var value, var problem) = read(text[(equals + 1)..].Trim());
            if (problem is not null)
                errors.Add(path, problem);
            else if (name is not null && !ModelName.IsValid(name))
                errors.Add(path, $"has '{text}', whose model name is not valid: {ModelName.Rule}");
            else if (name is null ? hasAll : !own.TryAdd(name, value))
                errors.Add(path, $"has two values for {(name is null ? "all models" : $"the model '{name}'")}");
            else if (name is null)
                (all, hasAll) = (value, true);
        }

        return (all, own);
    }

    private static (DeviceSpec Value, string? Problem) ReadDevice(string text) =>
        DeviceSpec.TryParse(text, out var device)
            ? (device, null)
            : (DeviceSpec.Cpu, $"must be {DeviceSpec.Forms}, but is '{text}'");

    private static (Precision Value, string? Problem) ReadPrecision(string text) =>
        SettingValue.TryRead(text, typeof(Precision), out var value, out var problem)
            ? ((Precision)value, null)
            : (default, problem);

    /// <summary>Reads <c>NAME=PATH</c> or <c>{ "NAME": "PATH" }</c>.</summary>
    private static Dictionary<string, string> ReadProviders(IConfigurationSection section, SettingErrors errors)
    {
        var providers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var named = section.GetChildren().Where(child => !char.IsAsciiDigit(child.Key[0]))
            .Select(child => (child.Path, Text: $"{child.Key}={child.Value}"));
        foreach ((var path, var text) in ReadList(section).Concat(named))
        {
            var equals = text.IndexOf('=');
            if (equals < 0 || text.Length == equals + 1)
            {
                errors.Add(path, $"must be NAME=PATH, where PATH is the provider's library, but is '{text}'");
            }
            else if (!DeviceSpec.IsPluginName(text[..equals]))
            {
                errors.Add(
                    path,
                    $"has the name '{text[..equals]}'; a provider's name is a letter followed by letters, digits, '-' "
                    + "or '_', at most 32 characters, and neither cpu nor cuda");
            }
            else if (!providers.TryAdd(text[..equals], text[(equals + 1)..]))
            {
                errors.Add(path, $"has two libraries for the provider '{text[..equals]}'");
            }
        }

        return providers;
    }

    private static IReadOnlyDictionary<string, string> ReadOptions(
        IConfigurationSection provider, SettingErrors errors)
    {
        if (!string.IsNullOrEmpty(provider.Value))
            errors.Add(provider.Path, "is a section and cannot have a value");
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var option in provider.GetChildren())
        {
            if (option.Value is { Length: > 0 } value)
                options.Add(option.Key, value);
            else
                errors.Add(option.Path, "must be a single value");
        }

        return options;
    }

    private static IEnumerable<(string Path, string Text)> ReadList(IConfigurationSection section) =>
        section.Value is { } line
            ? SettingList.Split(line).DefaultIfEmpty("").Select(text => (section.Path, text))
            : section.GetChildren().Where(child => char.IsAsciiDigit(child.Key[0]))
                .Select(item => (item.Path, item.Value?.Trim() ?? ""));
}
