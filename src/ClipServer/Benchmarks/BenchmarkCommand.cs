using System.CommandLine;
using System.Text.Json;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Hosting;

namespace ClipGrpc.Server.Benchmarks;

/// <summary><c>bench MODEL</c>: which device and precision are best on this machine.</summary>
internal sealed class BenchmarkCommand : Command
{
    private readonly BenchmarkServices _createServices;
    private readonly BenchmarkOptions _options;
    private readonly Option<bool> _json = new("--json") { Description = "Print the report as one JSON object." };

    public BenchmarkCommand(BenchmarkServices createServices)
        : base(
            "bench",
            "Measures a model with each device and precision of this machine, and recommends flags for the server.")
    {
        _createServices = createServices;
        _options = new BenchmarkOptions(this);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        try
        {
            await using var services = _createServices(_options.Settings(parsed));
            var run = new BenchmarkRun(
                services.GetRequiredService<ModelLocator>(),
                services.GetRequiredService<IModelOpener>(),
                services.GetRequiredService<InferenceOptions>(),
                services.GetRequiredService<ILogger<BenchmarkRun>>(),
                services.GetRequiredService<TimeProvider>(),
                error);
            var report = await run.RunAsync(_options.Model(parsed), _options.Duration(parsed), cancellationToken);
            await output.WriteAsync(parsed.GetValue(_json)
                ? JsonSerializer.Serialize(report, BenchmarkJson.Default.BenchmarkReport) + Environment.NewLine
                : Environment.NewLine + BenchmarkTable.Render(report));
            return report.Recommendation is null ? ExitCodes.Failure : ExitCodes.Success;
        }
        catch (ConfigurationException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return ExitCodes.WrongUse;
        }
        catch (ClipException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return ExitCodes.Failure;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await error.WriteLineAsync("Interrupted.");
            return ExitCodes.Failure;
        }
    }
}
