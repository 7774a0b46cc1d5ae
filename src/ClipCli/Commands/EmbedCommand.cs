using System.CommandLine;
using ClipGrpc.Cli.Embeddings;
using ClipGrpc.Cli.Output;
using ClipGrpc.Cli.Tables;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip embed [PATH...] [--text T]...</c></summary>
internal sealed class EmbedCommand : Command
{
    private readonly CliConsole _console;
    private readonly ServerOptions _server;
    private readonly ModelSelection _model;
    private readonly InputOptions _inputs;
    private readonly TableOptions _table;
    private readonly ReportOptions _report;

    private readonly Option<string[]> _texts = new("--text")
    {
        HelpName = "T",
        Description = "Text to embed, after the images. Can be repeated.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _textsFile = new("--texts-file")
    {
        HelpName = "F",
        Description = "UTF-8 file with one text per line, embedded after --text. Blank lines are ignored; - is "
            + "standard input.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per line." };

    private readonly Option<bool> _timings = TimingsOption.Create();

    public EmbedCommand(CliConsole console)
        : base("embed", "Embed images and texts.")
    {
        _console = console;
        _inputs = new InputOptions(this);
        Add(_texts);
        Add(_textsFile);
        _model = new ModelSelection(this);
        Add(_json);
        TimingsOption.Add(this, _timings, _json);
        _table = new TableOptions(this, _json);
        _report = new ReportOptions(this);
        _server = new ServerOptions(this);
        this.AddRule(result =>
        {
            if (_inputs.AreMissing(result)
                && result.GetResult(_texts) is null or { Implicit: true }
                && result.GetResult(_textsFile) is null)
            {
                result.AddError("Give a PATH, --files-from FILE, --text T or --texts-file F.");
            }
        });
        SetAction((parsed, cancellationToken) =>
            _server.UseClientAsync(parsed, console, client => RunAsync(parsed, client, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, ClipClient client, CancellationToken cancellationToken)
    {
        var inputs = _inputs.Read(
            parsed, _console, parsed.GetRequiredValue(_texts), parsed.GetValue(_textsFile));
        var model = await _model.ResolveAsync(parsed, client, cancellationToken);
        var skipped = new SkippedFiles(_console, _report, parsed);
        var source = ReportOptions.SourceOf(
            inputs, skipped.CreateSelection(_inputs.IncludeHidden(parsed), cancellationToken), cancellationToken);
        var exitCode = _table.AreGiven(parsed)
            ? await WriteTableAsync(parsed, client, model, source, cancellationToken)
            : await PrintAsync(parsed, client, model, source, inputs.IsSingle, cancellationToken);
        skipped.WriteSummary();
        return exitCode;
    }

    private Task<int> PrintAsync(
        ParseResult parsed,
        ClipClient client,
        ClipModel model,
        ItemSource source,
        bool isSingle,
        CancellationToken cancellationToken)
    {
        var (json, timings) = (parsed.GetValue(_json), parsed.GetValue(_timings));
        var options = new EmbedCallOptions
        {
            Model = model.Name,
            Priority = isSingle ? Priority.Interactive : Priority.Bulk,
            OnCallFailure = CallFailure.PerItem,
        };
        var run = new ItemRun<ClipEmbedding>(_console, source, _report.Read(parsed, wholeLines: json));
        return run.RunAsync(
            results: readable => client.EmbedAsync(
                readable.Select(input => input.Content!), options, cancellationToken),
            write: (writer, input, result) =>
            {
                if (json)
                    JsonLines.Write(writer, input, model, result, timings);
                else if (result.IsSuccess)
                    ResultText.Write(writer, input, result.Value);
            });
    }

    private async Task<int> WriteTableAsync(
        ParseResult parsed, ClipClient client, ClipModel model, ItemSource source, CancellationToken cancellationToken)
    {
        var service = new EmbeddingService(client, model);
        var identity = new TableIdentity(model.Name, model.Revision, model.Precision, service.Dimensions);
        using var table = await _table.OpenAsync(parsed, identity, cancellationToken);
        if (table.DamagedBytes > 0)
        {
            await _console.Error.WriteLineAsync(
                $"clip: {table.JournalPath}: {table.DamagedBytes} damaged bytes at the end were truncated.");
        }

        try
        {
            var writing = new TableRun(table, identity, source.Counts);
            var items = source with { Items = writing.LeaveOutKnownAsync(source.Items, cancellationToken) };
            var run = new ItemRun<ClipEmbedding>(_console, items, _report.Read(parsed, wholeLines: false));
            var exitCode = await run.RunAsync(
                results: readable => service.EmbedAsync(readable, cancellationToken),
                write: (_, input, result) => writing.Write(input, result));
            await table.CommitAsync(cancellationToken);
            if (source.Counts.Reused > 0 && !_report.IsQuiet(parsed))
            {
                await _console.Error.WriteLineAsync(
                    $"clip: {source.Counts.Reused} of {source.Counts.Done} items are unchanged and were reused.");
            }

            return _table.AllowsFailures(parsed) ? ExitCode.Success : exitCode;
        }
        finally
        {
            if (table.HasUnfinishedRows)
            {
                await _console.Error.WriteLineAsync(
                    $"clip: completed items are in {table.JournalPath}; continue with the same command and --resume.");
            }
        }
    }
}
