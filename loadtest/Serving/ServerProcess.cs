using System.ComponentModel;
using System.Diagnostics;
using ClipGrpc.Server.Hosting;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>
/// A measured server as a process of its own, so that the load generator shares neither its threads nor its garbage
/// collector. It ends when this object is disposed, or this process ends.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, ServerAddresses addresses)
    {
        _process = process;
        Addresses = addresses;
    }

    public ServerAddresses Addresses { get; }

    /// <summary>Of its gRPC services.</summary>
    public Uri Address => Addresses.Grpc;

    /// <summary>Processor time so far, of all cores.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Memory of the process at present.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Ends when the server serves.</summary>
    /// <param name="cores">Its processor cores, as for <c>taskset</c>; null: all.</param>
    /// <exception cref="LoadTestException">
    /// It could not be started, or ended before it served; then it said why on stderr.
    /// </exception>
    public static async Task<ServerProcess> StartAsync(
        ServerKind kind, IReadOnlyDictionary<string, string?> settings, CancellationToken cancellationToken,
        string? cores = null)
    {
        var process = Start(StartInfo(kind, settings, cores));
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken);
        if (ServerAddresses.Parse(line) is { } addresses)
            return new ServerProcess(process, addresses);

        using (process)
        {
            if (line is not null)
            {
                process.Kill();
                throw new LoadTestException($"the server process printed \"{line}\" where its addresses should be.");
            }

            await process.WaitForExitAsync(cancellationToken);
            throw new LoadTestException($"the server process ended with code {process.ExitCode} before it served.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new LoadTestException($"{start.FileName} could not be started: {exception.Message}.");
        }
    }

    private static ProcessStartInfo StartInfo(
        ServerKind kind, IReadOnlyDictionary<string, string?> settings, string? cores)
    {
        var set = settings.SelectMany(setting => new[] { "--set", $"{setting.Key}={setting.Value}" });
        var start = ThisProgram.StartInfo(["serve", "--kind", $"{kind}", .. set]);
        if (cores is not null)
            start = new ProcessStartInfo("taskset", ["-c", cores, start.FileName, .. start.ArgumentList]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        return start;
    }
}
