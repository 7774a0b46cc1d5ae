using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ClipGrpc.Server.Hosting;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>
/// This program again, for one candidate: its memory and its start are its own, and what a provider's library does to
/// the process costs one row.
/// </summary>
internal sealed class CandidateProcess(TimeProvider time)
{
    /// <summary>
    /// What it prints after its first embeddings. Anything else that is not its result is ignored, because libraries
    /// may print too.
    /// </summary>
    public const string ReadyLine = "ready";

    /// <param name="arguments">Those of the hidden command.</param>
    /// <returns>The time to its first embeddings, and its measurement.</returns>
    /// <exception cref="ClipException">It ended without a measurement.</exception>
    public async Task<(TimeSpan Start, Measurement Measured)> RunAsync(
        IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        using var process = Process.Start(StartInfo(arguments))!;
        await using var kill = cancellationToken.UnsafeRegister(_ => process.Kill(), null);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var start = TimeSpan.Zero;
        Measurement? measured = null;
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line == ReadyLine)
                start = time.GetElapsedTime(began);
            else if (line.StartsWith('{'))
                measured = JsonSerializer.Deserialize(line, BenchmarkJson.Default.Measurement);
        }

        await process.WaitForExitAsync(CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        return measured is not null
            ? (start, measured)
            : throw new ClipException(ClipErrorReason.InternalError, Describe(process.ExitCode, await errors));
    }

    private static string Describe(int exitCode, string errors)
    {
        var last = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault();
        return exitCode == ExitCodes.Failure && last is not null
            ? last
            : string.Create(
                CultureInfo.InvariantCulture,
                $"The process ended with exit code {exitCode}{(last is null ? "." : $": {last}")}");
    }

    private static ProcessStartInfo StartInfo(IEnumerable<string> arguments)
    {
        var start = ThisProgram.StartInfo(arguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return start;
    }
}
