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

    /// <summary>Its standard input where that is not this process's own.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    public MessageLines Messages { get; } = new();

    /// <param name="executable">The program.</param>
    /// <param name="arguments">Passed on as they are: no shell sees them.</param>
    /// <param name="inheritInput">It reads the standard input of this process.</param>
    /// <exception cref="CliException">It cannot be started.</exception>
    public static FfmpegProcess Start(string executable, IEnumerable<string> arguments, bool inheritInput = false)
    {
        var start = new ProcessStartInfo(executable, arguments)
        {
            RedirectStandardInput = !inheritInput,
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

    /// <summary>For a process that reads no standard input.</summary>
    public void CloseInput() => _process.StandardInput.Close();

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
