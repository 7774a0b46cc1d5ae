using System.CommandLine;
using System.Globalization;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using Grpc.Core;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>
/// <c>deadlines --images-per-call N …</c>: calls to a server that has nothing else to do, with deadlines that follow
/// from the measured time of such calls.
/// </summary>
internal sealed class DeadlinesCommand : Command
{
    private readonly ModelOptions _model;
    private readonly ImageSetOptions _images;
    private readonly JsonOption _json;

    private readonly Option<int[]> _sizes = new Option<int[]>("--images-per-call")
    {
        HelpName = "N",
        Description = "Images per call.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [16, 64, 128, 256],
    }.Require(sizes => sizes.All(size => size is > 0 and <= 256), "is 1 to 256.");

    private readonly Option<double> _factor = new Option<double>("--factor")
    {
        HelpName = "F",
        Description = "Deadline of a call ÷ median duration of such calls.",
        DefaultValueFactory = _ => 1.3,
    }.Require(factor => factor > 0, "must be greater than 0.");

    private readonly Option<int> _calls = new Option<int>("--calls")
    {
        HelpName = "N",
        Description = "Calls with a deadline per size. Half as many without one are sent before, to measure them.",
        DefaultValueFactory = _ => 50,
    }.Require(calls => calls > 1, "must be at least 2.");

    public DeadlinesCommand()
        : base(
            "deadlines",
            "Count the statuses of calls to an idle server whose deadlines are close to their measured duration.")
    {
        _model = new ModelOptions(this);
        _images = new ImageSetOptions(this);
        Add(_sizes);
        Add(_factor);
        Add(_calls);
        _json = new JsonOption(this, "the numbers");
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = _model.Settings(parsed);
        settings["Clip:Models"] = $"model={_model.Model(parsed)}";
        await using var process = await ServerProcess.StartAsync(ServerKind.Model, settings, cancellationToken);
        using var connections = new Connections(process.Address, 1);
        var requests = _images.Read(parsed, "");
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in new[] { "images", "median ms", "deadline ms", "statuses" })
            table.AddColumn(column);
        var rows = new List<object>();
        foreach (var size in parsed.GetRequiredValue(_sizes))
        {
            var workload = Workloads.Create("embed", requests, size, TimeProvider.System);
            var median = await MedianAsync(workload, connections, parsed.GetValue(_calls) / 2, cancellationToken);
            var deadline = median * parsed.GetValue(_factor);
            var statuses = await CountAsync(
                workload, connections, parsed.GetValue(_calls), deadline, cancellationToken);
            table.AddRow(
                size.ToString(CultureInfo.InvariantCulture), LoadTable.Number(median.TotalMilliseconds),
                LoadTable.Number(deadline.TotalMilliseconds), StatusNames.Line(statuses));
            rows.Add(new
            {
                images = size,
                median_ms = median.TotalMilliseconds,
                deadline_ms = deadline.TotalMilliseconds,
                statuses = statuses.ToDictionary(status => $"{status.Key}", status => status.Value),
            });
        }

        Screen.Create().Write(table);
        await _json.WriteAsync(
            parsed, () => new { model = _model.Model(parsed), machine = Machine.Current, calls = rows },
            cancellationToken);
        return 0;
    }

    private static async Task<TimeSpan> MedianAsync(
        IWorkload workload, Connections connections, int calls, CancellationToken cancellationToken)
    {
        var milliseconds = new double[calls];
        for (var i = 0; i < calls; i++)
        {
            var started = TimeProvider.System.GetTimestamp();
            var outcome = await workload.CallAsync(connections[0], i, null, cancellationToken);
            milliseconds[i] = TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
            if (outcome.Status != StatusCode.OK)
                throw new LoadTestException($"a call without a deadline ended with {outcome.Status}.");
        }

        return TimeSpan.FromMilliseconds(Statistics.Median(milliseconds));
    }

    private static async Task<Dictionary<StatusCode, long>> CountAsync(
        IWorkload workload, Connections connections, int calls, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var statuses = new Dictionary<StatusCode, long>();
        for (var i = 0; i < calls; i++)
        {
            var outcome = await workload.CallAsync(
                connections[0], i, TimeProvider.System.GetUtcNow().UtcDateTime + deadline, cancellationToken);
            statuses[outcome.Status] = statuses.GetValueOrDefault(outcome.Status) + 1;
        }

        return statuses;
    }
}
