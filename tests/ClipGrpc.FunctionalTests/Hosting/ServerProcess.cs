using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClipGrpc.FunctionalTests.Hosting;

/// <summary>The server as a process of its own with the demo model. It can be restarted at its port.</summary>
internal sealed class ServerProcess(string address) : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Below the ports that the system gives to others, which could take one between two starts.
    private const int FirstPort = 10_000;
    private const int PortCount = 20_000;

    private static int _port = Environment.ProcessId;

    private readonly StringBuilder _output = new();
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
        var serves = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process { StartInfo = new ProcessStartInfo("dotnet", args) };
        _process.StartInfo.RedirectStandardOutput = true;
        _process.StartInfo.RedirectStandardError = true;
        _process.OutputDataReceived += (_, read) =>
        {
            Keep(read.Data);
            if (read.Data is null)
                serves.TrySetException(new InvalidOperationException($"The server ended before it served:\n{Output}"));
            else if (read.Data.Contains("Stop  Ctrl+C"))
                serves.TrySetResult();
        };
        _process.ErrorDataReceived += (_, read) => Keep(read.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await InTimeAsync(serves.Task, "does not serve");
    }

    /// <summary>Ends it with SIGKILL or SIGTERM and starts it again.</summary>
    public async Task RestartAsync(string signal)
    {
        var process = _process!;
        using (var kill = Process.Start("kill", ["-s", signal, $"{process.Id}"]))
            await kill.WaitForExitAsync().WaitAsync(Patience);
        await InTimeAsync(process.WaitForExitAsync(), $"did not end after SIG{signal}");
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

    private string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    private void Keep(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }

    private async Task InTimeAsync(Task task, string problem)
    {
        try
        {
            await task.WaitAsync(Patience);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"The server {problem} within {Patience}:\n{Output}", exception);
        }
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
