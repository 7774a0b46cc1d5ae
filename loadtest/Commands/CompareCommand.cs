using System.CommandLine;
using System.Text.Json;
using ClipGrpc.LoadTest.Comparisons;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>compare [--what W,…] --model M [--json OUT]</c>: two things in turns, so that a drifting machine moves both.</summary>
internal sealed class CompareCommand : Command
{
    private readonly ModelOptions _model;
    private readonly PictureOptions _pictures;

    private readonly Option<string> _what = new("--what")
    {
        HelpName = "W",
        Description = $"What is compared: {string.Join(", ", AllComparisons.Names)}, several with commas between, or all.",
        DefaultValueFactory = _ => AllComparisons.Default,
    };

    private readonly Option<int> _rounds = new("--rounds")
    {
        HelpName = "N",
        Description = "How often both are measured, in turns, after one round that does not count.",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<int> _callers = new("--callers")
    {
        HelpName = "N",
        Description = "Callers that saturate the server: twice its largest batch.",
        DefaultValueFactory = _ => 64,
    };

    private readonly Option<int[]> _batches = new("--batches")
    {
        HelpName = "N",
        Description = "Batch sizes that the best raw one is looked for in.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [8, 16, 32],
    };

    private readonly Option<TimeSpan> _duration = Durations.Create("--duration", "Of each measurement.", "10s");

    private readonly Option<TimeSpan> _warmUp = Durations.Create(
        "--warm-up", "Before each measurement of the server, at its load.", "3s");

    private readonly Option<string> _json = new("--json") { HelpName = "OUT", Description = "Write every run as JSON." };

    public CompareCommand()
        : base("compare", "Measure two things in turns and compare: raw and served, many callers and one, …")
    {
        _rounds.Require(count => count > 0, "is at least 1.");
        _callers.Require(count => count > 0, "is at least 1.");
        _batches.Require(sizes => sizes.All(size => size is > 0 and <= RawModel.LargestBatch), "is 1 to 1024.");
        _duration.Require(duration => duration > TimeSpan.Zero, "is above 0.");
        Add(_what);
        _model = new ModelOptions(this);
        _pictures = new PictureOptions(this);
        Add(_rounds);
        Add(_callers);
        Add(_batches);
        Add(_duration);
        Add(_warmUp);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var context = new ComparisonContext
        {
            Model = _model.Model(parsed),
            Settings = _model.Settings(parsed),
            Requests = _pictures.Read(parsed, model: ""),
            RawBatches = parsed.GetRequiredValue(_batches),
            Duration = parsed.GetValue(_duration),
            WarmUp = parsed.GetValue(_warmUp),
            Callers = parsed.GetValue(_callers),
            Time = TimeProvider.System,
        };
        var results = new List<ComparisonResult>();
        foreach (var name in AllComparisons.Read(parsed.GetRequiredValue(_what)))
            results.Add(await CompareAsync(name, context, parsed.GetValue(_rounds), cancellationToken));

        WriteTable(results);
        if (parsed.GetValue(_json) is { } json)
        {
            await File.WriteAllTextAsync(
                json, JsonSerializer.Serialize(ToJson(context, results), GhzReport.Json), cancellationToken);
        }

        return 0;
    }

    private static async Task<ComparisonResult> CompareAsync(
        string name, ComparisonContext context, int rounds, CancellationToken cancellationToken)
    {
        await using var comparison = AllComparisons.Create(name, context);
        await Console.Error.WriteLineAsync($"{name}: preparing …");
        await comparison.PrepareAsync(cancellationToken);

        // One round for nothing: code that was just compiled is several times slower than the same code a little later.
        await comparison.MeasureAsync(cancellationToken);
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

    private static void WriteTable(IEnumerable<ComparisonResult> results)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("what").AddColumn("question");
        foreach (var heading in new[] { "first", "second", "result", "rounds", "target" })
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (var result in results)
        {
            table.AddRow(new[]
            {
                result.Goal.Name, result.Goal.Question, LoadTable.Number(result.First), LoadTable.Number(result.Second),
                $"{result.Result:0.000}", $"{result.Lowest:0.000} to {result.Highest:0.000}",
                result.Goal.Target + (result.Goal.IsMetBy(result.Result) ? " met" : " missed"),
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
        json["server"] = "a process of its own on this machine, as is the load generator";
        json["comparisons"] = results.Select(result => result.ToJson()).ToList();
        return json;
    }
}
