using System.CommandLine;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>--top N</c>: how many results to show.</summary>
internal sealed class TopOption
{
    private readonly Option<int> _top;

    public TopOption(Command command, string description, int defaultValue)
    {
        _top = new Option<int>("--top")
        {
            HelpName = "N",
            Description = description,
            DefaultValueFactory = _ => defaultValue,
        };
        _top.Require(top => top >= 1, "must be at least 1.");
        command.Add(_top);
    }

    public int Read(ParseResult parsed) => parsed.GetValue(_top);
}
