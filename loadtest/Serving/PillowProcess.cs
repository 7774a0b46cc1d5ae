using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>
/// Python with Pillow (<c>pillow_loop.py</c>), preparing images when asked to. It ends when this object is disposed,
/// or this process ends.
/// </summary>
internal sealed class PillowProcess : IAsyncDisposable
{
    private const string Script = "pillow_loop.py";

    // A Python of one's own often comes first in the path, and lacks what the system's packages installed.
    private static readonly string[] Pythons = ["python3", "/usr/bin/python3", "python"];

    private readonly Process _process;
    private readonly ScratchFolder _folder;

    private PillowProcess(Process process, ScratchFolder folder)
    {
        _process = process;
        _folder = folder;
    }

    /// <param name="work">files: decode, resize, crop. pixels: without decoding.</param>
    /// <param name="size">Of the prepared images' sides.</param>
    /// <exception cref="LoadTestException">There is no Python with Pillow.</exception>
    public static async Task<PillowProcess> StartAsync(
        string work, int size, byte[][] jpegs, CancellationToken cancellationToken)
    {
        var python = await FindPythonAsync(cancellationToken);
        var folder = new ScratchFolder("pillow");
        for (var i = 0; i < jpegs.Length; i++)
            await File.WriteAllBytesAsync(Path.Combine(folder.Path, $"{i:000}.jpg"), jpegs[i], cancellationToken);
        var script = Path.Combine(AppContext.BaseDirectory, Script);
        var process = Start(python, script, work, size.ToString(CultureInfo.InvariantCulture), folder.Path)
            ?? throw new LoadTestException($"{python} could not be started.");
        return new PillowProcess(process, folder);
    }

    /// <summary>Images prepared a second, over as many as the time holds.</summary>
    /// <exception cref="LoadTestException">The script ended; it said why on stderr.</exception>
    public async Task<double> ImagesPerSecondAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var seconds = duration.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        await _process.StandardInput.WriteLineAsync(seconds.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken);
        return double.TryParse(line, CultureInfo.InvariantCulture, out var rate)
            ? rate
            : throw new LoadTestException($"{Script} ended before it had measured.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static async Task<string> FindPythonAsync(CancellationToken cancellationToken)
    {
        foreach (var python in Pythons)
        {
            using var process = Start(
                python, "-c", "import importlib.util as u, sys; sys.exit(u.find_spec('PIL') is None)");
            if (process is null)
                continue;
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode == 0)
                return python;
        }

        throw new LoadTestException(
            $"there is no Python with Pillow (tried {string.Join(", ", Pythons)}); on Debian and Ubuntu: "
            + "apt-get install python3-pil.");
    }

    /// <summary>Null: there is no such program.</summary>
    private static Process? Start(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            });
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
