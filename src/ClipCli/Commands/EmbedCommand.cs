using System.CommandLine;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip embed [PATH...] [--text T]...</c></summary>
internal sealed class EmbedCommand : Command
{
    private readonly CliConsole _console;
    private readonly ServerOptions _server;
    private readonly ModelSelection _model;
    private readonly Argument<string[]> _paths = PathArgument.Create(ArgumentArity.ZeroOrMore);

    private readonly Option<string[]> _texts = new("--text")
    {
        HelpName = "T",
        Description = "A text; may be repeated. Texts come after images.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string> _textsFile = new("--texts-file")
    {
        HelpName = "F",
        Description = "A file with one text a line; they come after --text. Blank lines are left out.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object a line." };

    private readonly Option<string> _npy = new("--npy")
    {
        HelpName = "OUT",
        Description = "Write a float32 NumPy array [items, dimensions]; the row of an item that failed is NaN.",
    };

    public EmbedCommand(CliConsole console)
        : base("embed", "Turn images and texts into vectors.")
    {
        _console = console;
        Add(_paths);
        Add(_texts);
        Add(_textsFile);
        _model = new ModelSelection(this);
        Add(_json);
        Add(_npy);
        _server = new ServerOptions(this);
        Validators.Add(result =>
        {
            if (result.GetValue(_json) && result.GetResult(_npy) is not null)
                result.AddError("--json and --npy exclude each other.");
            if (result.GetValue(_paths) is not { Length: > 0 }
                && result.GetResult(_texts) is null or { Implicit: true }
                && result.GetResult(_textsFile) is null)
            {
                result.AddError("Give a PATH, --text T or --texts-file F.");
            }
        });
        SetAction((parsed, cancellationToken) =>
            _server.UseClientAsync(parsed, console, client => RunAsync(parsed, client, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, ClipClient client, CancellationToken cancellationToken)
    {
        var texts = new List<string>(parsed.GetRequiredValue(_texts));
        if (parsed.GetValue(_textsFile) is { } file)
            texts.AddRange(TextFile.ReadLines(file, "--texts-file"));
        var model = await _model.ResolveAsync(parsed, client, cancellationToken);
        var inputs = PathExpander.Expand(parsed.GetRequiredValue(_paths));
        inputs.AddRange(texts.Select(CliInput.Text));

        using var npy = parsed.GetValue(_npy) is { } path ? OpenNpy(path, inputs.Count, model) : null;
        var json = parsed.GetValue(_json);
        var options = new EmbedCallOptions
        {
            Model = model.Name,
            Priority = inputs.Count > 1 ? Priority.Bulk : Priority.Interactive,
            OnCallFailure = CallFailure.PerItem,
        };
        var run = new ItemRun<ClipEmbedding>(_console, inputs, wholeLines: json);
        var exitCode = await run.RunAsync(
            results: readable => client.EmbedAsync(
                readable.Select(input => input.Content!), options, cancellationToken),
            write: (writer, input, result) =>
            {
                if (npy is not null)
                    npy.WriteRow(result.IsSuccess ? result.Value.Vector.Span : []);
                else if (json)
                    JsonLines.Write(writer, input, model, result);
                else if (result.IsSuccess)
                    ResultText.Write(writer, input, result.Value);
            });
        npy?.Commit();
        return exitCode;
    }

    private static NpyWriter OpenNpy(string path, int items, ClipModel model)
    {
        var dimensions = model.Architecture?.EmbeddingDimensions ?? 0;
        if (dimensions == 0)
            throw new CliException(ExitCode.Failure, $"the server does not say how many dimensions {model.Name} has.");

        try
        {
            return new NpyWriter(path, items, dimensions);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.WrongUse($"--npy: {path} cannot be written: {exception.Message}", exception);
        }
    }
}
