using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ClipGrpc.FunctionalTests.Hosting;

/// <summary>The server as a process of its own with the demo model. It can be restarted at its port.</summary>
internal sealed class ServerProcess(string address) : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Below the ports that the system gives to others, which could take one between two starts.
    private const int FirstPort = 10_000;
    private const int PortCount = 20_000;

    private static int _port = Environment.ProcessId;

    private Process? _process;

    public string Address { get; } = address;

    public static async Task<ServerProcess> StartNewAsync()
    {
        var server = new ServerProcess($"http://127.0.0.1:{FreePort()}");
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts it and waits until it serves.</summary>
    public async Task StartAsync()
    {
        var port = new Uri(Address).Port;
        string[] args =
        [
            Path.Combine(AppContext.BaseDirectory, "ClipServer.dll"),
            "--host", "127.0.0.1", "--grpc-port", $"{port}", "--http-port", "0", "--model", "demo",
        ];
        _process = Process.Start(new ProcessStartInfo("dotnet", args) { RedirectStandardOutput = true })!;
        using var timeout = new CancellationTokenSource(Patience, TimeProvider.System);
        while (await _process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
        {
            if (line.Contains("Stop  Ctrl+C"))
            {
                // Read on, so that the process is not blocked by a full pipe.
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return;
            }
        }

        Assert.Fail("The server ended before it served.");
    }

    /// <summary>Ends it with SIGKILL or SIGTERM and starts it again.</summary>
    public async Task RestartAsync(string signal)
    {
        var process = _process!;
        using (var kill = Process.Start("kill", ["-s", signal, $"{process.Id}"]))
            await kill.WaitForExitAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);
        process.Dispose();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;

        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
    }

    private static int FreePort()
    {
        while (true)
        {
            var port = FirstPort + (Interlocked.Increment(ref _port) & int.MaxValue) % PortCount;
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }
        }
    }
}
