using System.CommandLine;
using ClipGrpc.Cli.Tables;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>--npy</c>, <c>--parquet</c>, <c>--resume</c> and <c>--allow-failures</c>.</summary>
internal sealed class TableOptions
{
    private readonly Option<string?> _npy = new("--npy")
    {
        HelpName = "OUT",
        Description = "Write a float32 NumPy array [items, dimensions], and a names file (OUT.names.jsonl, without "
            + ".npy) with one JSON object per row. The row of a failed item is NaN.",
    };

    private readonly Option<string?> _parquet = new("--parquet")
    {
        HelpName = "OUT",
        Description =
            "Write a Parquet file with one row per item: id, path, text, embedding, model, revision, error, ...",
    };

    private readonly Option<bool> _resume = new("--resume")
    {
        Description = "Continue an interrupted run, or update OUT: unchanged items that it already contains are not "
            + "embedded again.",
    };

    private readonly Option<bool> _allowFailures = new("--allow-failures")
    {
        Description = "Exit with 0 even if items failed, after OUT is written with their errors.",
    };

    public TableOptions(Command command, Option<bool> json)
    {
        command.Add(_npy);
        command.Add(_parquet);
        command.Add(_resume);
        command.Add(_allowFailures);
        command.AddRule(result =>
        {
            var (npy, parquet) = (result.GetResult(_npy) is not null, result.GetResult(_parquet) is not null);
            if (npy && parquet)
                result.AddError("--npy and --parquet cannot be used together.");
            if (result.GetValue(json) && (npy || parquet))
                result.AddError($"--json and {(npy ? "--npy" : "--parquet")} cannot be used together.");
            if (result.GetValue(_resume) && !npy && !parquet)
                result.AddError("--resume requires --npy or --parquet.");
            if (result.GetValue(_allowFailures) && !npy && !parquet)
                result.AddError("--allow-failures requires --npy or --parquet.");
        });
    }

    public bool AllowsFailures(ParseResult parsed) => parsed.GetValue(_allowFailures);

    /// <summary>Whether there is to be a table.</summary>
    public bool AreGiven(ParseResult parsed) => (parsed.GetValue(_npy) ?? parsed.GetValue(_parquet)) is not null;

    /// <exception cref="CliException">It cannot be written, or what is there cannot be resumed.</exception>
    public async Task<EmbeddingTable> OpenAsync(
        ParseResult parsed, TableIdentity identity, CancellationToken cancellationToken)
    {
        var parquet = parsed.GetValue(_parquet);
        var path = parquet ?? parsed.GetValue(_npy)!;
        var option = parquet is null ? "--npy" : "--parquet";
        try
        {
            return await EmbeddingTable.OpenAsync(
                path, parquet is not null, identity, parsed.GetValue(_resume), cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw CliException.WrongUse($"{option}: {exception.Message} Delete it to start again.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.WrongUse($"{option}: {path} cannot be written: {exception.Message}", exception);
        }
    }
}
