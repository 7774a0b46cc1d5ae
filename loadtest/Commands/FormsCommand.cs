using System.CommandLine;
using ClipGrpc.LoadTest.Graphs;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.Models.Checkpoints;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>forms --model M</c>: what each way to write the graph costs, so that the server's can be chosen.</summary>
internal sealed class FormsCommand : Command
{
    private readonly ModelOptions _model;
    private readonly MeasureOptions _measure;
    private readonly Option<int> _rounds = MeasureOptions.Rounds();

    private readonly Option<string> _only = new("--only")
    {
        HelpName = "TEXT",
        Description = "Only the questions whose name begins so, such as int8.",
        DefaultValueFactory = _ => "",
    };

    public FormsCommand()
        : base("forms", "Run the graph in the forms it can be written in, in turns: fused and plain operators, fp32 and int8.")
    {
        _model = new ModelOptions(this);
        Add(_only);
        Add(_rounds);
        _measure = new MeasureOptions(this, "form in a round", "300ms", "every time");
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var source = _model.Model(parsed);
        var options = ModelSettings.Inference(_model.Settings(parsed));
        var folder = await ModelSettings.LocateAsync(
            source, options.Precision, TimeProvider.System, cancellationToken);
        using var checkpoint = ClipCheckpoint.Open(folder);
        var cases = FormCase.Of(checkpoint.Config);
        var measured = new List<FormMeasurement>();
        var only = parsed.GetRequiredValue(_only);
        foreach (var question in FormQuestion.All.Where(q => q.Name.StartsWith(only, StringComparison.OrdinalIgnoreCase)))
        {
            foreach (var ofTower in cases.GroupBy(item => item.Tokens == 0).Where(group => group.Key || !question.ImagesOnly))
            {
                await Console.Error.WriteLineAsync($"{question.Name}, {(ofTower.Key ? "images" : "texts")} …");
                using var trial = new FormTrial(question, ofTower.Key, checkpoint, options, TimeProvider.System);
                foreach (var item in ofTower)
                {
                    measured.AddRange(trial.Measure(
                        item, parsed.GetValue(_rounds), _measure.Duration(parsed), cancellationToken));
                }
            }
        }

        WriteTable(cases, measured);
        await _measure.WriteJsonAsync(
            parsed, () => new { model = source, machine = Machine.Current, forms = measured.Select(ToJson) },
            cancellationToken);
        return 0;
    }

    private static void WriteTable(IReadOnlyList<FormCase> cases, IReadOnlyList<FormMeasurement> measured)
    {
        var table = new Table().Border(TableBorder.Markdown).AddColumn("question").AddColumn("form");
        foreach (var item in cases)
            table.AddColumn(new TableColumn(item.Name).RightAligned());
        foreach (var question in measured.GroupBy(item => item.Question))
        {
            var served = question.First().Form;
            foreach (var form in question.GroupBy(item => item.Form))
            {
                var cells = form.Select(item => form.Key == served ? Time(item) : Ratio(item));
                table.AddRow([.. new[] { question.Key, form.Key }.Concat(cells).Select(Markup.Escape)]);
            }
        }

        Screen.Create().Write(table);
    }

    private static object ToJson(FormMeasurement item) => new
    {
        question = item.Question,
        form = item.Form,
        @case = item.Case,
        batch_ms = item.MedianMilliseconds,
        ratio = item.MedianRatio,
        runs_ms = item.Milliseconds,
        run_ratios = item.Ratios,
    };

    private static string Time(FormMeasurement item) => $"{LoadTable.Number(item.MedianMilliseconds)} ms";

    private static string Ratio(FormMeasurement item) =>
        $"{item.MedianRatio:0.00} ({item.Ratios.Min():0.00} to {item.Ratios.Max():0.00})";
}
