using System.CommandLine;
using ClipGrpc.Models;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>--precision fp32|fp16|int8</c></summary>
internal sealed class PrecisionOption
{
    // bf16 is a way to compute with the files of fp32.
    private static readonly string[] Names =
    [
        .. Enum.GetValues<Precision>().Where(precision => precision != Precision.Bf16)
            .Select(precision => precision.Name()),
    ];

    private readonly Option<string> _option = new("--precision")
    {
        HelpName = "P",
        DefaultValueFactory = _ => Names[0],
    };

    /// <param name="what">What is of the precision, as a sentence.</param>
    public PrecisionOption(Command command, string what)
    {
        _option.Description = $"{what} {string.Join(", ", Names)}.";
        _option.AcceptOnlyFromAmong(Names);
        command.Add(_option);
    }

    public Precision Read(ParseResult parsed) =>
        Enum.Parse<Precision>(parsed.GetRequiredValue(_option), ignoreCase: true);
}
