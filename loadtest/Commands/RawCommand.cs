using System.CommandLine;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>raw --model M</c>: the ceiling.</summary>
internal sealed class RawCommand : Command
{
    private readonly ModelOptions _model;
    private readonly MeasureOptions _measure;

    private readonly Option<int[]> _batches = MeasureOptions.Batches("Batch sizes.", 1, 2, 4, 8, 16, 32);

    public RawCommand()
        : base("raw", "Run a model's image tower in this process, without the service, over batch sizes.")
    {
        _model = new ModelOptions(this);
        Add(_batches);
        _measure = new MeasureOptions(this, "batch size", "5s", "the numbers");
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var batches = parsed.GetRequiredValue(_batches);
        var source = _model.Model(parsed);
        using var model = await RawModel.OpenAsync(
            source, _model.Settings(parsed), batches.Max(), TimeProvider.System, cancellationToken);
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("batch").RightAligned())
            .AddColumn(new TableColumn("ms per batch").RightAligned())
            .AddColumn(new TableColumn("images/s").RightAligned());
        var rows = new List<object>();
        foreach (var batch in batches)
        {
            var time = model.BatchTime(batch, _measure.Duration(parsed), cancellationToken);
            var rate = batch / time.TotalSeconds;
            table.AddRow($"{batch}", LoadTable.Number(time.TotalMilliseconds), LoadTable.Number(rate));
            rows.Add(new { batch, batch_ms = time.TotalMilliseconds, items_per_second = rate });
        }

        Screen.Create().Write(table);
        await _measure.Json.WriteAsync(
            parsed, () => new { model = source, machine = Machine.Current, batches = rows }, cancellationToken);
        return 0;
    }
}
