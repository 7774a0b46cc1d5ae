using System.CommandLine;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip classify PATH... --labels "a,b,c"</c></summary>
internal sealed class ClassifyCommand : Command
{
    private const int DefaultTopK = 5;

    private readonly CliConsole _console;
    private readonly ServerOptions _server;
    private readonly ModelSelection _model;
    private readonly InputOptions _inputs;
    private readonly LabelOptions _labels;
    private readonly ReportOptions _report;

    private readonly TopOption _topK;

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per line." };

    private readonly Option<bool> _timings = TimingsOption.Create();

    public ClassifyCommand(CliConsole console)
        : base("classify", "Classify images against labels.")
    {
        _console = console;
        _inputs = new InputOptions(this);
        _labels = new LabelOptions(this);
        _topK = new TopOption(this, "Labels to show per image.", DefaultTopK);
        _model = new ModelSelection(this);
        Add(_json);
        TimingsOption.Add(this, _timings, _json);
        _report = new ReportOptions(this);
        _server = new ServerOptions(this);
        this.AddRule(result =>
        {
            if (_inputs.AreMissing(result))
                result.AddError("Give a PATH or --files-from FILE.");
        });
        SetAction((parsed, cancellationToken) =>
            _server.UseClientAsync(parsed, console, client => RunAsync(parsed, client, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, ClipClient client, CancellationToken cancellationToken)
    {
        var labels = _labels.Read(parsed);
        var inputs = _inputs.Read(parsed, _console);
        var model = await _model.ResolveAsync(parsed, client, cancellationToken);
        var labelSet = await client.CreateLabelSetAsync(
            labels, new LabelSetCallOptions { Model = model.Name }, cancellationToken);
        if (labelSet.TruncatedSentences > 0)
        {
            var sentences = labels.Labels.Count * Math.Max(1, labels.Templates.Count);
            await _console.Error.WriteLineAsync(
                $"clip: {labelSet.TruncatedSentences} of {sentences} label sentences were truncated to the "
                + "model's context length.");
        }

        var options = new ClassifyCallOptions
        {
            Model = model.Name,
            TopK = Math.Min(_topK.Read(parsed), labels.Labels.Count),
            Priority = inputs.IsSingle ? Priority.Interactive : Priority.Bulk,
            OnCallFailure = CallFailure.PerItem,
        };

        var (json, timings) = (parsed.GetValue(_json), parsed.GetValue(_timings));
        var skipped = new SkippedFiles(_console, _report, parsed);
        var source = ReportOptions.SourceOf(
            inputs, skipped.CreateSelection(_inputs.IncludeHidden(parsed), cancellationToken), cancellationToken);
        var run = new ItemRun<ClipClassification>(_console, source, _report.Read(parsed, wholeLines: json));
        var exitCode = await run.RunAsync(
            results: readable => client.ClassifyAsync(
                readable.Select(input => input.Content!.Image!), labelSet, options, cancellationToken),
            write: (writer, input, result) =>
            {
                if (json)
                    JsonLines.Write(writer, input, model, result, timings);
                else if (result.IsSuccess)
                    ResultText.Write(writer, input, result.Value);
            });
        skipped.WriteSummary();
        return exitCode;
    }
}
