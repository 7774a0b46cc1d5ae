using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ClipGrpc.FunctionalTests.Hosting;

/// <summary>What the server's process leaves behind: exit code and what a person reads.</summary>
public sealed class ServerProcessTests
{
    [Fact(Timeout = 60_000)]
    public async Task Run_SeveralWrongFlags_NamesAllAndExitsWith2()
    {
        var (code, error) = await RunAsync(
            TestContext.Current.CancellationToken, "--grpc-port", "99999", "--max-batch", "0", "--device", "abacus");

        Assert.Equal(2, code);
        Assert.Contains("--grpc-port", error);
        Assert.Contains("--max-batch", error);
        Assert.Contains("--device", error);
        Assert.DoesNotContain("   at ", error);
    }

    [Fact(Timeout = 60_000)]
    public async Task Run_PortInUse_SaysSoInOneLineAndExitsWith1()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var (code, error) = await RunAsync(
            TestContext.Current.CancellationToken, "--host", "127.0.0.1", "--grpc-port", $"{port}", "--http-port", "0");

        Assert.Equal(1, code);
        Assert.Contains($"http://127.0.0.1:{port}", Assert.Single(error.Trim().Split('\n')));
        Assert.Contains("--grpc-port", error);
    }

    private static async Task<(int Code, string Error)> RunAsync(CancellationToken cancellation, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "ClipServer.dll"));
        foreach (var arg in args)
            start.ArgumentList.Add(arg);

        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var error = await process.StandardError.ReadToEndAsync(cancellation);
            await output;
            await process.WaitForExitAsync(cancellation);
            return (process.ExitCode, error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
