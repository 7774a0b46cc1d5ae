using System.CommandLine;
using System.CommandLine.Parsing;
using ClipGrpc.Cli.Inputs;

namespace ClipGrpc.Cli.Commands;

/// <summary>PATH..., <c>--files-from</c>, <c>--null</c>, <c>--hidden</c> and <c>--shard</c>.</summary>
internal sealed class InputOptions
{
    private readonly Argument<string[]> _paths = PathArgument.Create(ArgumentArity.ZeroOrMore);

    private readonly Option<string?> _filesFrom = new("--files-from")
    {
        HelpName = "FILE",
        Description = "File with one image file or folder per line, processed after PATH; - is standard input.",
    };

    private readonly Option<bool> _null = new("--null", "-0")
    {
        Description = "Items in input lists are separated by NUL instead of line breaks, as written by find -print0.",
    };

    private readonly Option<bool> _hidden = new("--hidden")
    {
        Description = "Include hidden files and folders.",
    };

    private readonly Option<Shard?> _shard = new("--shard")
    {
        HelpName = "I/N",
        Description = "Process only part I of N, 1/N to N/N. The part of an input depends only on its path or text.",
        CustomParser = result => Shard.TryParse(result.Tokens.Single().Value) ?? Refuse(result),
    };

    public InputOptions(Command command)
    {
        command.Add(_paths);
        command.Add(_filesFrom);
        command.Add(_null);
        command.Add(_hidden);
        command.Add(_shard);
    }

    public bool AreMissing(CommandResult result) =>
        result.GetValue(_paths) is not { Length: > 0 } && result.GetResult(_filesFrom) is null;

    public bool IncludeHidden(ParseResult parsed) => parsed.GetValue(_hidden);

    /// <exception cref="CliException">Standard input is named more than once.</exception>
    public InputList Read(
        ParseResult parsed, CliConsole console, IReadOnlyList<string>? texts = null, string? textsFile = null)
    {
        var inputs = new InputList
        {
            Paths = parsed.GetRequiredValue(_paths),
            FilesFrom = parsed.GetValue(_filesFrom),
            Separator = parsed.GetValue(_null) ? '\0' : '\n',
            Texts = texts ?? [],
            TextsFile = textsFile,
            Shard = parsed.GetValue(_shard),
            StandardInput = console.InBytes,
        };
        inputs.Check();
        return inputs;
    }

    private static Shard? Refuse(ArgumentResult result)
    {
        result.AddError($"--shard: '{result.Tokens.Single().Value}' is not a part such as 3/16, from 1/16 to 16/16.");
        return null;
    }
}
