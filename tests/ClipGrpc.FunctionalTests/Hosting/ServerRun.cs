using System.Diagnostics;

namespace ClipGrpc.FunctionalTests.Hosting;

/// <summary>The server as a process of its own, on free ports, in surroundings that a test makes.</summary>
internal sealed class ServerRun : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    private static readonly string[] ListenArguments =
        ["--host", "127.0.0.1", "--grpc-port", "0", "--http-port", "0"];

    private readonly Process _process;
    private readonly Task<string> _error;

    /// <param name="wrapper">Runs the command that follows it, such as <c>setpriv</c> with its flags.</param>
    /// <param name="environment">Null as a value takes the variable away.</param>
    /// <param name="listens">Whether it serves, on free ports; a verb does not.</param>
    public ServerRun(
        IReadOnlyList<string> args, IReadOnlyList<string>? wrapper = null,
        IReadOnlyDictionary<string, string?>? environment = null, bool listens = true)
    {
        // Beside the tests some of a program's packages come from the tests' own frameworks.
        var tests = Path.Combine(AppContext.BaseDirectory, "ClipGrpc.FunctionalTests");
        string[] all =
        [
            .. wrapper ?? [],
            Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet",
            "exec", "--runtimeconfig", $"{tests}.runtimeconfig.json", "--depsfile", $"{tests}.deps.json",
            Path.Combine(AppContext.BaseDirectory, "ClipServer.dll"),
            .. listens ? ListenArguments : [], .. args,
        ];
        var start = new ProcessStartInfo(all[0], all[1..])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            if (value is null)
                start.Environment.Remove(name);
            else
                start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>A shell that sets a limit first.</summary>
    public static string[] WithLimit(string limit) => ["/bin/bash", "-c", $"ulimit {limit}; exec \"$0\" \"$@\""];

    public async Task WhenPrintsAsync(string text)
    {
        while (await _process.StandardOutput.ReadLineAsync().WaitAsync(Limit) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
                return;
        }

        Assert.Fail($"The server ended without \"{text}\": {await _error}");
    }

    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public async Task<(int Code, string Output, string Error)> EndAsync()
    {
        var output = await _process.StandardOutput.ReadToEndAsync().WaitAsync(Limit);
        var error = await _error.WaitAsync(Limit);
        await _process.WaitForExitAsync().WaitAsync(Limit);
        return (_process.ExitCode, output, error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
