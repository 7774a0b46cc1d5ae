using System.CommandLine;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Cli.Output;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>--quiet</c>, <c>--no-progress</c> and <c>--verbose</c>: what goes to stderr beside errors.</summary>
internal sealed class ReportOptions
{
    private readonly Option<bool> _quiet = new("--quiet", "-q")
    {
        Description = "Write only errors to stderr, without progress and summary.",
    };

    private readonly Option<bool> _noProgress = new("--no-progress")
    {
        Description = "Do not show progress on stderr. It is shown only if stderr is a terminal.",
    };

    private readonly Option<bool> _verbose = new("--verbose", "-v")
    {
        Description = "List each skipped file with the reason.",
    };

    public ReportOptions(Command command)
    {
        command.Add(_quiet);
        command.Add(_noProgress);
        command.Add(_verbose);
        command.AddRule(result =>
        {
            if (result.GetValue(_quiet) && result.GetValue(_verbose))
                result.AddError("--quiet and --verbose cannot be used together.");
        });
    }

    public bool IsQuiet(ParseResult parsed) => parsed.GetValue(_quiet);

    public bool IsVerbose(ParseResult parsed) => parsed.GetValue(_verbose);

    public ItemReport Read(ParseResult parsed, bool wholeLines) => new()
    {
        WholeLines = wholeLines,
        ShowProgress = !parsed.GetValue(_quiet) && !parsed.GetValue(_noProgress),
        ShowSummary = !parsed.GetValue(_quiet),
    };

    /// <summary>The inputs as a run takes them.</summary>
    public static ItemSource SourceOf(InputList inputs, FileSelection selection, CancellationToken cancellationToken) =>
        new()
        {
            Items = inputs.ReadAsync(selection, cancellationToken),
            Counts = new ItemCounts { Total = inputs.IsSingle ? 1 : null },
            CountAsync = inputs.IsRepeatable ? token => CountAsync(inputs, selection.IncludeHidden, token) : null,
        };

    private static async Task<long> CountAsync(
        InputList inputs, bool includeHidden, CancellationToken cancellationToken)
    {
        var selection = new FileSelection
        {
            IncludeHidden = includeHidden,
            OnSkipped = (_, _) => cancellationToken.ThrowIfCancellationRequested(),
        };
        return await inputs.ReadAsync(selection, cancellationToken).LongCountAsync(cancellationToken);
    }
}
