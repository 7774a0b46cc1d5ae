using System.Runtime.CompilerServices;

namespace ClipGrpc.Cli.Inputs;

/// <summary>Text files with an item per line. Blank lines are left out.</summary>
internal static class TextFile
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>The lines of a file that has few.</summary>
    /// <exception cref="CliException">The file cannot be read, or is not UTF-8.</exception>
    public static IReadOnlyList<string> ReadLines(string path, string option)
    {
        var lines = new List<string>();
        var splitter = new LineSplitter($"{option}: {path}", '\n');
        try
        {
            using var file = Open(path);
            var buffer = new byte[BufferBytes];
            while (file.Read(buffer) is > 0 and var read)
                lines.AddRange(splitter.Add(buffer.AsMemory(0, read)));
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            throw Unreadable(path, option, exception);
        }

        lines.AddRange(splitter.Finish());
        lines.RemoveAll(string.IsNullOrWhiteSpace);
        return lines;
    }

    /// <summary>The lines of a file or of standard input as they come, in bounded memory.</summary>
    /// <param name="path">The file; <c>-</c> means standard input.</param>
    /// <param name="option">What errors call it.</param>
    /// <param name="separator">What ends a line.</param>
    /// <param name="standardInput">Standard input.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CliException">The file cannot be read, or is not UTF-8.</exception>
    public static async IAsyncEnumerable<string> ReadLinesAsync(
        string path,
        string option,
        char separator,
        Stream standardInput,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var isStandardInput = path == CliInput.StandardInputName;
        var splitter = new LineSplitter($"{option}: {(isStandardInput ? "standard input" : path)}", separator);
        using var file = isStandardInput ? null : OpenOrThrow(path, option);
        var stream = file ?? standardInput;
        var buffer = new byte[BufferBytes];
        int read;
        do
        {
            read = await ReadAsync(stream, buffer, path, option, cancellationToken);
            foreach (var line in read > 0 ? splitter.Add(buffer.AsMemory(0, read)) : splitter.Finish())
            {
                if (!string.IsNullOrWhiteSpace(line))
                    yield return line;
            }
        }
        while (read > 0);
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private static FileStream OpenOrThrow(string path, string option)
    {
        try
        {
            return Open(path);
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            throw Unreadable(path, option, exception);
        }
    }

    private static async ValueTask<int> ReadAsync(
        Stream stream, byte[] buffer, string path, string option, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            throw Unreadable(path, option, exception);
        }
    }

    private static bool IsUnreadable(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ArgumentException;

    private static CliException Unreadable(string path, string option, Exception exception) =>
        CliException.WrongUse($"{option}: {path} cannot be read: {exception.Message}", exception);
}
