using System.ComponentModel;
using System.Diagnostics;

namespace ClipGrpc.Cli.Benchmarks;

/// <summary>
/// The server program of this machine, which has the runtime that models need; this command does not have it.
/// </summary>
internal static class ServerProgram
{
    public const string Variable = "CLIP_SERVER_PROGRAM";

    private const string Name = "ClipServer";
    private const int CopyBufferChars = 1024;

    /// <param name="option">The path of --server-program; null where it is left out.</param>
    /// <param name="variable">As of <see cref="Variable"/>.</param>
    /// <param name="folder">Of this command.</param>
    /// <param name="path">As of the variable PATH.</param>
    /// <param name="command">What the user wants of it, for the error.</param>
    /// <exception cref="CliException">There is none.</exception>
    public static string Find(string? option, string? variable, string folder, string? path, string command)
    {
        if (option is { Length: > 0 })
            return Existing(option, "--server-program");
        if (variable is { Length: > 0 })
            return Existing(variable, Variable);

        var beside = Path.Combine(folder, ProgramPath.FileName(Name));
        return File.Exists(beside) ? beside
            : ProgramPath.Search(Name, path) ?? throw new CliException(
                ExitCode.Failure,
                $"a model is measured by the server program, {Name}, which was found neither beside this command nor "
                + $"on PATH. Specify its path with --server-program PATH or {Variable}, or run it yourself: "
                + $"'{Name} {command}', in a container 'docker run --rm IMAGE {command}'.");
    }

    /// <summary>Runs it to its end, and passes on what it prints.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="CliException">It cannot be started.</exception>
    public static async Task<int> RunAsync(
        string program, IEnumerable<string> arguments, CliConsole console, CancellationToken cancellationToken)
    {
        var isAssembly = Path.GetExtension(program) == ".dll";
        var start = new ProcessStartInfo(
            isAssembly ? "dotnet" : program, isAssembly ? [program, .. arguments] : arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Start(start);
        await using var kill = cancellationToken.UnsafeRegister(_ => process.Kill(entireProcessTree: true), null);
        await Task.WhenAll(
            CopyAsync(process.StandardOutput, console.Out), CopyAsync(process.StandardError, console.Error));
        await process.WaitForExitAsync(CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        return process.ExitCode;
    }

    private static string Existing(string path, string setting) => File.Exists(path)
        ? Path.GetFullPath(path)
        : throw CliException.WrongUse($"{setting}: there is no file {path}.");

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new CliException(
                ExitCode.Failure, $"{start.FileName} cannot be started: {exception.Message}", exception);
        }
    }

    // Not by lines: the progress is a line that grows.
    private static async Task CopyAsync(StreamReader source, TextWriter target)
    {
        var buffer = new char[CopyBufferChars];
        while (await source.ReadAsync(buffer) is > 0 and var count)
        {
            await target.WriteAsync(buffer.AsMemory(0, count));
            await target.FlushAsync();
        }
    }
}
