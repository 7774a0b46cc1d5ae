using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Hosting;

/// <summary>
/// Nothing goes out and nothing is left behind that the operator did not ask for. Each program runs with a home folder
/// of its own; where strace is installed, its connections are looked at too.
/// </summary>
public sealed partial class OutgoingTrafficTests
{
    private const string Strace = "/usr/bin/strace";

    private static readonly string[] ServerOnFreePorts =
        ["ClipServer.dll", "--host", "127.0.0.1", "--grpc-port", "0", "--http-port", "0"];

    [Fact(Timeout = 120_000)]
    public async Task Server_StartsAndStops_LeavesOnlyItsCacheAndConnectsNowhere()
    {
        using var program = TracedProgram.Start(ServerOnFreePorts);
        await program.WhenPrintsAsync("Stop  Ctrl+C");
        program.Terminate();

        Assert.Equal(0, await program.ExitAsync());
        program.AssertPrivate();
    }

    [Theory(Timeout = 120_000)]
    [InlineData("clip.dll", "models")]
    [InlineData("clip.dll", "models", "--cached")]
    [InlineData("clip.dll", "--help")]
    [InlineData("loadtest.dll", "placement", "--model", "demo")]
    public async Task Tool_Runs_LeavesOnlyItsCacheAndConnectsNowhere(params string[] command)
    {
        using var program = TracedProgram.Start(command);
        await program.ExitAsync();
        program.AssertPrivate();
    }

    private sealed partial class TracedProgram : IDisposable
    {
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

        private readonly TemporaryFolder _home = new();
        private readonly TemporaryFolder _traces = new();
        private readonly Process _process;

        private TracedProgram(IReadOnlyList<string> command)
        {
            // Beside the tests some of a program's packages come from the tests' own frameworks.
            var tests = Path.Combine(AppContext.BaseDirectory, "ClipGrpc.FunctionalTests");
            string[] host =
            [
                "dotnet", "exec", "--runtimeconfig", $"{tests}.runtimeconfig.json",
                "--depsfile", $"{tests}.deps.json",
            ];
            string[] trace = File.Exists(Strace)
                ? [Strace, "-f", "-qq", "-e", "trace=connect,sendto", "-o", _traces.PathOf("trace")]
                : [];
            string[] all = [.. trace, .. host, Path.Combine(AppContext.BaseDirectory, command[0]), .. command.Skip(1)];
            var start = new ProcessStartInfo(all[0], all[1..])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment =
                {
                    ["HOME"] = _home.Path,
                    ["CLIP_SERVER"] = "http://127.0.0.1:9",
                    ["DOTNET_EnableDiagnostics"] = "0",
                },
            };
            foreach (var variable in (string[])["XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY", "CLIPGRPC_CACHE"])
                start.Environment.Remove(variable);
            _process = Process.Start(start)!;
        }

        public static TracedProgram Start(params string[] command) => new(command);

        public async Task WhenPrintsAsync(string text)
        {
            while (await _process.StandardOutput.ReadLineAsync().WaitAsync(Limit) is { } line)
            {
                if (line.Contains(text, StringComparison.Ordinal))
                    return;
            }

            Assert.Fail($"The program ended without \"{text}\": {await _process.StandardError.ReadToEndAsync()}");
        }

        /// <summary>SIGTERM to the program itself: strace does not pass it on.</summary>
        public void Terminate()
        {
            string[] target = _process.ProcessName == "strace" ? ["pkill", "-TERM", "-P"] : ["kill", "-TERM"];
            using var kill = Process.Start(target[0], [.. target[1..], $"{_process.Id}"]);
            kill.WaitForExit();
        }

        public async Task<int> ExitAsync()
        {
            var rest = _process.StandardOutput.ReadToEndAsync();
            await _process.StandardError.ReadToEndAsync().WaitAsync(Limit);
            await rest.WaitAsync(Limit);
            await _process.WaitForExitAsync().WaitAsync(Limit);
            return _process.ExitCode;
        }

        public void AssertPrivate()
        {
            // The documented cache is ours; nothing else is left behind.
            var cache = Path.Combine(_home.Path, ".cache", "clipgrpc") + Path.DirectorySeparatorChar;
            Assert.All(
                Directory.EnumerateFiles(_home.Path, "*", SearchOption.AllDirectories),
                file => Assert.StartsWith(cache, file));
            if (!File.Exists(_traces.PathOf("trace")))
                return;

            foreach (Match address in InternetAddress().Matches(File.ReadAllText(_traces.PathOf("trace"))))
                Assert.True(IPAddress.IsLoopback(IPAddress.Parse(address.Groups["ip"].Value)), address.Value);
        }

        public void Dispose()
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            _process.Dispose();
            _home.Dispose();
            _traces.Dispose();
        }

        [GeneratedRegex(@"inet_addr\(""(?<ip>[^""]+)""\)|inet_pton\(AF_INET6, ""(?<ip>[^""]+)""")]
        private static partial Regex InternetAddress();
    }
}
