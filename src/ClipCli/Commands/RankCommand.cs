using System.CommandLine;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip rank QUERY... --images PATH... --texts T...</c></summary>
internal sealed class RankCommand : Command
{
    private const int DefaultTop = 10;

    private readonly CliConsole _console;
    private readonly ServerOptions _server;
    private readonly ModelSelection _model;
    private readonly TopOption _top;

    private readonly Argument<string[]> _queries = new("QUERY")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "Texts to rank the candidates against, each separately. Must precede --images and --texts.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _queryImages = new("--query-image")
    {
        HelpName = "FILE",
        Description = "Image to rank the candidates against. Can be repeated.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _images = new("--images")
    {
        HelpName = "PATH",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        Description = "Candidates: image files, folders (recursive) or patterns with *, ? and **.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _texts = new("--texts")
    {
        HelpName = "T",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        Description = "Candidates: texts, after the images.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _textsFile = new("--texts-file")
    {
        HelpName = "F",
        Description = "Candidates: file with one text per line, after --texts.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per query." };

    public RankCommand(CliConsole console)
        : base("rank", "Order images and texts by their similarity to a query.")
    {
        _console = console;
        Add(_queries);
        Add(_queryImages);
        Add(_images);
        Add(_texts);
        Add(_textsFile);
        _top = new TopOption(this, "Candidates to show per query.", DefaultTop);
        _model = new ModelSelection(this);
        Add(_json);
        _server = new ServerOptions(this);
        this.AddRule(result =>
        {
            if (result.GetValue(_queries) is not { Length: > 0 }
                && result.GetValue(_queryImages) is not { Length: > 0 })
            {
                result.AddError("Give a QUERY before --images and --texts, or --query-image FILE.");
            }

            if (result.GetValue(_images) is not { Length: > 0 } && result.GetValue(_texts) is not { Length: > 0 }
                && result.GetValue(_textsFile) is null)
            {
                result.AddError("Give candidates with --images PATH, --texts T or --texts-file F.");
            }
        });
        SetAction((parsed, cancellationToken) =>
            _server.UseClientAsync(parsed, console, client => RunAsync(parsed, client, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, ClipClient client, CancellationToken cancellationToken)
    {
        var candidates = PathExpander.Expand(parsed.GetRequiredValue(_images)).ToList();
        candidates.AddRange(parsed.GetRequiredValue(_texts).Select(CliInput.Text));
        if (parsed.GetValue(_textsFile) is { } file)
            candidates.AddRange(TextFile.ReadLines(file, "--texts-file").Select(CliInput.Text));
        CliInput[] queries =
        [
            .. parsed.GetRequiredValue(_queries).Select(CliInput.Text),
            .. parsed.GetRequiredValue(_queryImages).Select(CliInput.Image),
        ];

        var failed = candidates.Where(candidate => candidate.Problem is not null).ToList();
        foreach (var candidate in failed)
            await _console.Error.WriteLineAsync($"clip: {candidate.Name}: {candidate.Problem!.Message}");
        candidates.RemoveAll(candidate => candidate.Problem is not null);
        if (candidates.Count == 0)
            throw new CliException(ExitCode.Failure, "there are no candidates.");

        var options = new RankCallOptions
        {
            Model = (await _model.ResolveAsync(parsed, client, cancellationToken)).Name,
            TopK = Math.Min(_top.Read(parsed), candidates.Count),
            Priority = Priority.Interactive,
        };
        var exitCode = failed.Count == 0 ? ExitCode.Success : ExitCode.Failure;
        foreach (var query in queries)
        {
            var ranking = await client.RankAsync(
                query.Content!, candidates.Select(candidate => candidate.Content!), options, cancellationToken);
            Write(query, candidates, ranking, parsed.GetValue(_json));
            if (ranking.Errors.Count > 0)
                exitCode = ExitCode.Failure;
        }

        return exitCode;
    }

    private void Write(CliInput query, List<CliInput> candidates, ClipRanking ranking, bool json)
    {
        foreach (var (index, error) in ranking.Errors)
            _console.Error.WriteLine($"clip: {candidates[index].Name}: {FlagNames.InCall(error.Message)}");
        if (json)
            JsonLines.Write(_console.Out, query, candidates, ranking);
        else
            RankingTable.Write(_console.OpenOut(), query, candidates, ranking);
    }
}
