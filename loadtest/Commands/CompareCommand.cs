using System.CommandLine;
using ClipGrpc.LoadTest.Comparisons;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>
/// <c>compare [--what W,…] --model M [--json OUT]</c>: two things in turns, so that a drifting machine moves both.
/// </summary>
internal sealed class CompareCommand : Command
{
    private readonly ModelOptions _model;
    private readonly ImageSetOptions _images;
    private readonly MeasureOptions _measure;

    private readonly Option<string> _what = new("--what")
    {
        HelpName = "W",
        Description = $"The comparisons, separated by commas: {string.Join(", ", AllComparisons.Names)}, "
            + "all (without those that require Python), or pillow.",
        DefaultValueFactory = _ => AllComparisons.Default,
    };

    private readonly Option<int> _rounds = new Option<int>("--rounds")
    {
        HelpName = "N",
        Description = "Number of rounds, in which both sides are measured alternately, after one that is discarded.",
        DefaultValueFactory = _ => 5,
    }.Require(count => count > 0, "must be at least 1.");

    private readonly Option<int> _callers = new("--callers")
    {
        HelpName = "N",
        Description = "Number of callers that saturate the server, such as twice its largest batch.",
        DefaultValueFactory = _ => 64,
    };

    private readonly Option<string> _serverCores = new("--server-cores")
    {
        HelpName = "LIST",
        Description = "The processor cores of the servers, such as 0,1, if the load generator is not to share them. "
            + "Needs taskset; run all of it under taskset to keep the load generator from these cores. [default: all]",
    };

    private readonly Option<int[]> _batches =
        MeasureOptions.Batches("Batch sizes of the raw forward pass; the best one is used.", 8, 16, 32);

    private readonly Option<TimeSpan> _warmUp = MeasureOptions.WarmUp("measurement of the server", "3s");

    public CompareCommand()
        : base("compare", "Measure two alternatives in alternating rounds: raw and served, HTTP and gRPC, …")
    {
        _callers.Require(count => count > 0, "must be at least 1.");
        Add(_what);
        _model = new ModelOptions(this);
        _images = new ImageSetOptions(this);
        Add(_rounds);
        Add(_callers);
        Add(_serverCores);
        Add(_batches);
        _measure = new MeasureOptions(this, "measurement", "10s", "every run");
        Add(_warmUp);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var context = new ComparisonContext
        {
            Model = _model.Model(parsed),
            Settings = _model.Settings(parsed),
            ServerCores = parsed.GetValue(_serverCores),
            Requests = _images.Read(parsed, model: ""),
            RawBatches = parsed.GetRequiredValue(_batches),
            Duration = _measure.Duration(parsed),
            WarmUp = parsed.GetValue(_warmUp),
            Callers = parsed.GetValue(_callers),
            Time = TimeProvider.System,
        };
        var results = new List<ComparisonResult>();
        foreach (var name in AllComparisons.Read(parsed.GetRequiredValue(_what)))
            results.Add(await CompareAsync(name, context, parsed.GetValue(_rounds), cancellationToken));

        await Console.Out.WriteLineAsync($"{context.Model}, {Describe(context)}; {Machine.Current}");
        WriteTable(results);
        await _measure.Json.WriteAsync(parsed, () => ToJson(context, results), cancellationToken);
        return 0;
    }

    private static async Task<ComparisonResult> CompareAsync(
        string name, ComparisonContext context, int rounds, CancellationToken cancellationToken)
    {
        await using var comparison = AllComparisons.Create(name, context);
        await Console.Error.WriteLineAsync($"{name}: preparing …");
        await comparison.PrepareAsync(cancellationToken);
        await comparison.DiscardRoundAsync(cancellationToken);
        var measured = new List<Round>();
        for (var i = 1; i <= rounds; i++)
        {
            var round = await comparison.MeasureAsync(cancellationToken);
            measured.Add(round);
            await Console.Error.WriteLineAsync(
                $"{name} {i}/{rounds}: {LoadTable.Number(round.First)} and {LoadTable.Number(round.Second)}");
        }

        return new ComparisonResult(comparison.Goal, measured);
    }

    /// <summary>What runs it, as the server finds it too.</summary>
    private static string Describe(ComparisonContext context)
    {
        var options = ModelSettings.Inference(context.Settings);
        var device = ExecutionDevice.Resolve(options);
        return $"{options.Precision.Name()}, {device.Provider} on {device.Name}";
    }

    private static void WriteTable(IEnumerable<ComparisonResult> results)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("what").AddColumn("question");
        foreach (var heading in new[] { "first", "second", "result", "rounds", "target" })
            table.AddColumn(new TableColumn(heading).RightAligned());
        table.AddColumn("besides");
        foreach (var result in results)
        {
            table.AddRow(new[]
            {
                result.Goal.Name, result.Goal.Question, LoadTable.Number(result.First), LoadTable.Number(result.Second),
                $"{result.Result:0.000}", $"{result.Lowest:0.000} to {result.Highest:0.000}",
                result.Goal.Target + (result.Goal.IsMetBy(result.Result) ? " met" : " missed"),
                string.Join(", ", result.Besides.Select(note => $"{note.Key} {LoadTable.Number(note.Value)}")),
            }.Select(Markup.Escape).ToArray());
        }

        Screen.Create().Write(table);
    }

    // The first comparison's numbers also stand at the top, where scripts look for them.
    private static Dictionary<string, object> ToJson(ComparisonContext context, IReadOnlyList<ComparisonResult> results)
    {
        var json = results[0].ToJson();
        json["model"] = context.Model;
        json["settings"] = context.Settings;
        json["machine"] = Machine.Current;
        json["runs_on"] = Describe(context);
        json["server"] = "a separate process on this machine, as is the load generator";
        json["server_cores_allowed"] = context.ServerCores ?? "all";
        json["comparisons"] = results.Select(result => result.ToJson()).ToList();
        return json;
    }
}
