using System.CommandLine;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>raw --model M [--tokens N]</c>: the ceiling, and what the first pass of a shape takes.</summary>
internal sealed class RawCommand : Command
{
    private readonly ModelOptions _model;
    private readonly MeasureOptions _measure;

    private readonly Option<int?> _tokens = new Option<int?>("--tokens")
    {
        HelpName = "N",
        Description = "Run the text tower, with texts of this number of tokens. [default: the image tower]",
    }.Require(count => count > 2, "must be at least 3.");

    private readonly Option<int[]> _batches = MeasureOptions.Batches("Batch sizes.", 1, 2, 4, 8, 16, 32);

    public RawCommand()
        : base("raw", "Run a tower of a model in this process, without the service, over batch sizes.")
    {
        _model = new ModelOptions(this);
        Add(_tokens);
        Add(_batches);
        _measure = new MeasureOptions(this, "batch size", "5s", "the numbers");
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var batches = parsed.GetRequiredValue(_batches);
        var tokens = parsed.GetValue(_tokens);
        var source = _model.Model(parsed);
        using var model = await RawModel.OpenAsync(
            source, _model.Settings(parsed), batches.Max(), TimeProvider.System, cancellationToken);
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("batch").RightAligned())
            .AddColumn(new TableColumn("first ms").RightAligned())
            .AddColumn(new TableColumn("ms per batch").RightAligned())
            .AddColumn(new TableColumn(tokens is null ? "images/s" : "texts/s").RightAligned());
        var rows = new List<object>();
        foreach (var batch in batches)
        {
            var (first, time) = model.NextAndLaterTime(batch, tokens, _measure.Duration(parsed), cancellationToken);
            var rate = batch / time.TotalSeconds;
            table.AddRow(
                $"{batch}", LoadTable.Number(first.TotalMilliseconds), LoadTable.Number(time.TotalMilliseconds),
                LoadTable.Number(rate));
            rows.Add(new
            {
                batch,
                first_ms = first.TotalMilliseconds,
                batch_ms = time.TotalMilliseconds,
                items_per_second = rate,
            });
        }

        Screen.Create().Write(table);
        await _measure.Json.WriteAsync(
            parsed, () => new { model = source, machine = Machine.Current, batches = rows }, cancellationToken);
        return 0;
    }
}
