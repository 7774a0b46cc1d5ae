using System.CommandLine;
using ClipGrpc.Cli.Inputs;
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
    private readonly Argument<string[]> _paths = PathArgument.Create(ArgumentArity.OneOrMore);
    private readonly LabelOptions _labels;

    private readonly Option<int> _topK = new("--top")
    {
        HelpName = "K",
        Description = "Labels to show per image.",
        DefaultValueFactory = _ => DefaultTopK,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object a line." };

    public ClassifyCommand(CliConsole console)
        : base("classify", "Tell which labels fit images best.")
    {
        _console = console;
        Add(_paths);
        _labels = new LabelOptions(this);
        _topK.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var topK) && topK < 1)
                result.AddError("--top must be at least 1.");
        });
        Add(_topK);
        _model = new ModelSelection(this);
        Add(_json);
        _server = new ServerOptions(this);
        SetAction((parsed, cancellationToken) =>
            _server.UseClientAsync(parsed, console, client => RunAsync(parsed, client, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, ClipClient client, CancellationToken cancellationToken)
    {
        var labels = _labels.Read(parsed);
        var model = await _model.ResolveAsync(parsed, client, cancellationToken);
        var inputs = PathExpander.Expand(parsed.GetRequiredValue(_paths));
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
            TopK = Math.Min(parsed.GetValue(_topK), labels.Labels.Count),
            Priority = inputs.Count > 1 ? Priority.Bulk : Priority.Interactive,
            OnCallFailure = CallFailure.PerItem,
        };

        var json = parsed.GetValue(_json);
        var run = new ItemRun<ClipClassification>(_console, inputs, wholeLines: json);
        return await run.RunAsync(
            results: readable => client.ClassifyAsync(
                readable.Select(input => input.Content!.Image!), labelSet, options, cancellationToken),
            write: (writer, input, result) =>
            {
                if (json)
                    JsonLines.Write(writer, input, model, result);
                else if (result.IsSuccess)
                    ResultText.Write(writer, input, result.Value);
            });
    }
}
