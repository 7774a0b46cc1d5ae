using System.CommandLine;
using System.Globalization;
using ClipGrpc.Cli.Tables;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip merge OUT PART...</c>: one table of the tables of shards.</summary>
internal sealed class MergeCommand : Command
{
    private readonly CliConsole _console;

    private readonly Argument<string> _out = new("OUT")
    {
        Description = "Output file, .npy or .parquet. Created only when it is complete.",
    };

    private readonly Argument<string[]> _parts = new("PART")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "Files of `clip embed` in the same format. A .npy file needs its names file in the same folder.",
    };

    public MergeCommand(CliConsole console)
        : base("merge", "Merge the files of `clip embed --shard` into one.")
    {
        _console = console;
        Add(_out);
        Add(_parts);
        SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(_out), parsed.GetRequiredValue(_parts), cancellationToken));
    }

    private async Task<int> RunAsync(string path, string[] parts, CancellationToken cancellationToken)
    {
        var isParquet = KindOf(path);
        foreach (var part in parts)
        {
            if (KindOf(part) != isParquet)
                throw CliException.WrongUse($"{part} does not have the same format as {path}.");
            if (Path.GetFullPath(part) == Path.GetFullPath(path))
                throw CliException.WrongUse($"{path} is both OUT and a PART.");
            if (!File.Exists(part))
                throw CliException.WrongUse($"there is no file {part}.");
        }

        try
        {
            var rows = await MergeAsync(path, isParquet, parts, cancellationToken);
            await _console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"clip: {rows:#,0} rows of {parts.Length} files are in {path}."));
            return ExitCode.Success;
        }
        catch (InvalidDataException exception)
        {
            throw CliException.WrongUse(exception.Message, exception);
        }
    }

    private static async Task<long> MergeAsync(
        string path, bool isParquet, string[] parts, CancellationToken cancellationToken)
    {
        ITableWriter? writer = null;
        try
        {
            long rows = 0;
            var check = new MergeCheck();
            for (var i = 0; i < parts.Length; i++)
            {
                await using var reader = await TableFile.OpenAsync(parts[i], isParquet, cancellationToken);
                check.Begin(parts[i], reader.Dimensions);
                writer ??= await TableFile.CreateAsync(path, isParquet, reader.Dimensions, cancellationToken);
                await foreach (var row in reader.ReadAsync(cancellationToken))
                {
                    check.Add(row);
                    await writer.WriteAsync(row, cancellationToken);
                    rows++;
                }
            }

            await writer!.CommitAsync(cancellationToken);
            return rows;
        }
        finally
        {
            if (writer is not null)
                await writer.DisposeAsync();
        }
    }

    private static bool KindOf(string path) => Path.GetExtension(path) switch
    {
        ".npy" => false,
        ".parquet" => true,
        _ => throw CliException.WrongUse($"{path}: its name must end with .npy or .parquet."),
    };
}
