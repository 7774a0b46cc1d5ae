using System.CommandLine;
using System.Globalization;
using ClipGrpc.Server.Configuration;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>The parts of the command line that the benchmark and its processes share.</summary>
internal sealed class BenchmarkOptions
{
    private const double LongestSeconds = 3600;

    private const string DurationName = "--duration";

    private static readonly ServerFlag ProviderFlag = ServerFlags.ForKey("Clip:Inference:Providers")!;

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "demo, a model id of the Hugging Face Hub, an OpenCLIP name or a folder.",
    };

    private readonly Option<string[]> _providers = new(ProviderFlag.Name)
    {
        HelpName = ProviderFlag.ValueName,
        Arity = ArgumentArity.OneOrMore,
        Description = "Library of a plug-in execution provider to measure too, such as OpenVINO. Can be repeated. "
            + $"[default: {ProviderFlag.Key}]",
    };

    private readonly Option<double> _duration = new(DurationName)
    {
        HelpName = "SECONDS",
        Description = "Duration of each measurement.",
        DefaultValueFactory = _ => 2,
    };

    public BenchmarkOptions(Command command)
    {
        // A mistyped flag would be taken for a model otherwise.
        _model.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.StartsWith('-')))
                result.AddError($"Unknown flag: {token.Value}.");
        });
        command.Add(_model);
        command.Add(_providers);
        command.Add(_duration);
        _duration.Validators.Add(result =>
        {
            if (result.Tokens is [var token]
                && double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
                && seconds is not (> 0 and <= LongestSeconds))
            {
                result.AddError($"{DurationName} must be more than 0 and at most {LongestSeconds} seconds.");
            }
        });
    }

    public string Model(ParseResult parsed) => parsed.GetRequiredValue(_model);

    public TimeSpan Duration(ParseResult parsed) => TimeSpan.FromSeconds(parsed.GetValue(_duration));

    /// <summary>Configuration keys of the server, as its own flags would set them.</summary>
    public Dictionary<string, string?> Settings(ParseResult parsed) =>
        parsed.GetValue(_providers) is { Length: > 0 } providers
            ? new() { [ProviderFlag.Key] = SettingList.Join(providers) }
            : [];

    /// <summary>The same options for another process.</summary>
    public static IEnumerable<string> ArgumentsOf(
        string model, TimeSpan duration, IReadOnlyDictionary<string, string> providers)
    {
        yield return model;
        yield return DurationName;
        yield return duration.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        foreach ((var name, var path) in providers)
        {
            yield return ProviderFlag.Name;
            yield return $"{name}={path}";
        }
    }
}
