using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace ClipGrpc.Cli.Commands;

/// <summary>
/// <c>clip "[suggest:POSITION]" LINE</c>: the words that may stand at a position of a command line, one per line, for
/// the scripts of <c>clip completion</c>.
/// </summary>
internal sealed class SuggestWords(RootCommand root, SuggestDirective directive) : SynchronousCommandLineAction
{
    private static readonly char[] Blanks = [' ', '\t'];

    public override bool ClearsParseErrors => true;

    public static void AddTo(RootCommand root)
    {
        var directive = root.Directives.OfType<SuggestDirective>().Single();
        directive.Action = new SuggestWords(root, directive);
    }

    public override int Invoke(ParseResult parseResult)
    {
        var line = parseResult.Tokens.LastOrDefault(token => token.Type != TokenType.Directive)?.Value ?? "";
        var value = parseResult.GetResult(directive)?.Values.FirstOrDefault();
        var end = int.TryParse(value, out var position) ? Math.Clamp(position, 0, line.Length) : line.Length;
        foreach (var word in Find(line[..end]))
            parseResult.InvocationConfiguration.Output.WriteLine(word);
        return ExitCode.Success;
    }

    /// <param name="line">Up to the cursor.</param>
    private IEnumerable<string> Find(string line)
    {
        var name = line.IndexOfAny(Blanks);
        if (name < 0)
            return [];

        // Whatever the word is so far, all that may stand there is asked for: a whole name may begin a longer one.
        var word = line[(line.LastIndexOfAny(Blanks) + 1)..];
        return root.Parse(line[(name + 1)..^word.Length])
            .GetCompletions()
            .Select(completion => completion.InsertText ?? completion.Label)
            .Where(text => text.StartsWith(word, StringComparison.Ordinal))
            // Options only when they are asked for: they would hide the names of files.
            .Where(text => text.StartsWith('-') ? word.StartsWith('-') && text != "-?" : !text.StartsWith('/'))
            .Distinct();
    }
}
