using System.ComponentModel;
using System.Diagnostics;

namespace ClipGrpc.Cli.Video.Ffmpeg;

/// <summary>A running ffmpeg or ffprobe. Disposing it ends it.</summary>
internal sealed class FfmpegProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _reading;

    private FfmpegProcess(Process process)
    {
        _process = process;
        _reading = Messages.ReadAsync(process.StandardError);
    }

    public Stream Output => _process.StandardOutput.BaseStream;

    public Stream Input => _process.StandardInput.BaseStream;

    public MessageLines Messages { get; } = new();

    /// <param name="executable">The program.</param>
    /// <param name="arguments">Passed on as they are: no shell sees them.</param>
    /// <exception cref="CliException">It cannot be started.</exception>
    public static FfmpegProcess Start(string executable, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(executable, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            // Its messages are parsed.
            Environment = { ["AV_LOG_FORCE_NOCOLOR"] = "1", ["LC_ALL"] = "C.UTF-8" },
        };
        // It would write a log of its command line, passwords included.
        start.Environment.Remove("FFREPORT");
        try
        {
            return new FfmpegProcess(Process.Start(start)!);
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            throw new CliException(
                ExitCode.Failure, $"{executable} cannot be started: {exception.Message}", exception);
        }
    }

    /// <summary>Passes all of a stream on to the process, as far as that reads it, and ends its input.</summary>
    public async Task WriteInputAsync(Stream source, CancellationToken cancellationToken)
    {
        try
        {
            await using var input = Input;
            await source.CopyToAsync(input, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The process has ended or is being ended. If it ended too early, its exit code says so.
            return;
        }
    }

    /// <returns>The exit code; 128 and more where a signal ended it.</returns>
    public async Task<int> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _reading.WaitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
            return;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
