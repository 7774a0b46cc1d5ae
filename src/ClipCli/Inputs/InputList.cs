using System.Runtime.CompilerServices;

namespace ClipGrpc.Cli.Inputs;

/// <summary>What a command line names as its inputs: read as they are needed, never held as a whole.</summary>
internal sealed record InputList
{
    private const string FilesOption = "--files-from";
    private const string TextsOption = "--texts-file";

    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>A file with paths.</summary>
    public string? FilesFrom { get; init; }

    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>A file with texts.</summary>
    public string? TextsFile { get; init; }

    /// <summary>What ends an item of those files.</summary>
    public char Separator { get; init; } = '\n';

    /// <summary>Null means all inputs.</summary>
    public Shard? Shard { get; init; }

    public required Stream StandardInput { get; init; }

    /// <summary>Whether a pipe is among them: it can be read only once, and its items may come slowly.</summary>
    public bool HavePipe => Sources.Any(source => source == CliInput.StandardInputName)
        || IsPipe(FilesFrom) || IsPipe(TextsFile);

    /// <summary>Whether somebody waits for one item, rather than for a list.</summary>
    public bool IsSingle => FilesFrom is null && TextsFile is null && Shard is null
        && Paths.Count + Texts.Count == 1
        && Paths.All(path => !GlobPattern.IsPattern(path) && !Directory.Exists(path));

    private IEnumerable<string?> Sources => [.. Paths, FilesFrom, TextsFile];

    /// <exception cref="CliException">More than one of them is standard input.</exception>
    public void Check()
    {
        if (Sources.Count(source => source == CliInput.StandardInputName) > 1)
        {
            throw CliException.WrongUse(
                $"- is given more than once. Only one PATH, {FilesOption} or {TextsOption} can read standard input.");
        }
    }

    /// <summary>The inputs in order: paths, those of the list, texts, those of the file.</summary>
    public async IAsyncEnumerable<CliInput> ReadAsync(
        FileSelection selection, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var input in ReadAllAsync(selection, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Shard?.Contains(input) != false)
                yield return input;
        }
    }

    private async IAsyncEnumerable<CliInput> ReadAllAsync(
        FileSelection selection, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var path in Paths)
        {
            foreach (var input in Expand(path, selection))
                yield return input;
        }

        if (FilesFrom is not null)
        {
            var names = TextFile.ReadLinesAsync(FilesFrom, FilesOption, Separator, StandardInput, cancellationToken);
            await foreach (var name in names)
            {
                foreach (var input in PathExpander.ExpandName(name, selection))
                    yield return input;
            }
        }

        foreach (var text in Texts)
            yield return CliInput.Text(text);

        if (TextsFile is not null)
        {
            var texts = TextFile.ReadLinesAsync(TextsFile, TextsOption, Separator, StandardInput, cancellationToken);
            await foreach (var text in texts)
                yield return CliInput.Text(text);
        }
    }

    // The file of a pipe, such as that of <(...) in a shell, has no length.
    private static bool IsPipe(string? path) => path is not null && new FileInfo(path) is { Exists: true, Length: 0 };

    private IEnumerable<CliInput> Expand(string path, FileSelection selection) => path == CliInput.StandardInputName
        ? [CliInput.ImageIn(StandardInput)]
        : PathExpander.Expand([path], selection);
}
