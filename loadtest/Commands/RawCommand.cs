using System.CommandLine;
using System.Text.Json;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>raw --model M</c>: the ceiling.</summary>
internal sealed class RawCommand : Command
{
    private readonly ModelOptions _model;

    private readonly Option<int[]> _batches = new("--batches")
    {
        HelpName = "N",
        Description = "Batch sizes.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1, 2, 4, 8, 16, 32],
    };

    private readonly Option<TimeSpan> _duration = Durations.Create("--duration", "Of each batch size.", "5s");
    private readonly Option<string> _json = new("--json") { HelpName = "OUT", Description = "Write the numbers as JSON." };

    public RawCommand()
        : base("raw", "Run a model's image tower in this process, without the service, over batch sizes.")
    {
        _model = new ModelOptions(this);
        _batches.Require(sizes => sizes.All(size => size is > 0 and <= RawModel.LargestBatch), "is 1 to 1024.");
        Add(_batches);
        Add(_duration);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var batches = parsed.GetRequiredValue(_batches);
        var source = _model.Model(parsed);
        using var model = await RawModel.OpenAsync(
            source, _model.Settings(parsed), batches.Max(), TimeProvider.System, cancellationToken);
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("batch").RightAligned())
            .AddColumn(new TableColumn("ms a batch").RightAligned())
            .AddColumn(new TableColumn("pictures/s").RightAligned());
        var rows = new List<object>();
        foreach (var batch in batches)
        {
            var time = model.BatchTime(batch, parsed.GetValue(_duration), cancellationToken);
            var rate = batch / time.TotalSeconds;
            table.AddRow($"{batch}", LoadTable.Number(time.TotalMilliseconds), LoadTable.Number(rate));
            rows.Add(new { batch, batch_ms = time.TotalMilliseconds, items_per_second = rate });
        }

        Screen.Create().Write(table);
        if (parsed.GetValue(_json) is { } json)
        {
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(
                new { model = source, machine = Machine.Current, batches = rows }, GhzReport.Json), cancellationToken);
        }

        return 0;
    }
}
