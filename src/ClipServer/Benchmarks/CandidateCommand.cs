using System.CommandLine;
using System.Text.Json;
using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>The process of one candidate: not for users. Prints its measurement as one line of JSON.</summary>
internal sealed class CandidateCommand : Command
{
    private const string CommandName = "bench-candidate";
    private const string DeviceName = "--device";
    private const string PrecisionName = "--precision";

    private readonly BenchmarkServices _createServices;
    private readonly BenchmarkOptions _options;
    private readonly Option<string> _device = new(DeviceName) { Required = true };
    private readonly Option<Precision> _precision = new(PrecisionName) { Required = true };

    public CandidateCommand(BenchmarkServices createServices)
        : base(CommandName)
    {
        Hidden = true;
        _createServices = createServices;
        _options = new BenchmarkOptions(this);
        Add(_device);
        Add(_precision);
        SetAction((parsed, _) => RunAsync(parsed));
    }

    public static IEnumerable<string> ArgumentsOf(
        Candidate candidate, string folder, TimeSpan duration, IReadOnlyDictionary<string, string> providers) =>
    [
        CommandName, .. BenchmarkOptions.ArgumentsOf(folder, duration, providers),
        DeviceName, $"{candidate.Device}", PrecisionName, candidate.PrecisionName,
    ];

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var output = parsed.InvocationConfiguration.Output;
        try
        {
            if (!DeviceSpec.TryParse(parsed.GetRequiredValue(_device), out var device))
                throw new ArgumentException($"{DeviceName} must be {DeviceSpec.Forms}.");

            await using var services = _createServices(_options.Settings(parsed));
            var measurement = new CandidateMeasurement(
                services.GetRequiredService<IModelLoader>(),
                services.GetRequiredService<IModelOpener>(),
                services.GetRequiredService<InferenceOptions>(),
                services.GetRequiredService<BatchingOptions>(),
                services.GetRequiredService<TimeProvider>());
            var measured = await measurement.RunAsync(
                new Candidate(device, parsed.GetValue(_precision)), _options.Model(parsed), _options.Duration(parsed),
                () => output.WriteLine(CandidateProcess.ReadyLine));
            await output.WriteLineAsync(JsonSerializer.Serialize(measured, BenchmarkJson.Default.Measurement));
            return ExitCodes.Success;
        }
        catch (Exception exception)
        {
            // One line, which becomes the reason in the report.
            await parsed.InvocationConfiguration.Error.WriteLineAsync(StartupGuard.Describe(exception));
            return ExitCodes.Failure;
        }
    }
}
