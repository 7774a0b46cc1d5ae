using System.Diagnostics;
using System.Globalization;
using System.Text;
using ClipGrpc.FunctionalTests.Client;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>The command as a process of its own, for what only a process has: pipes, signals and terminals.</summary>
internal static class ClipProcess
{
    /// <summary>The words that start it.</summary>
    public static IReadOnlyList<string> Words
    {
        get
        {
            // Beside the tests some of the command's packages come from the tests' own frameworks.
            var tests = Path.Combine(AppContext.BaseDirectory, "ClipGrpc.FunctionalTests");
            return
            [
                "dotnet", "exec", "--runtimeconfig", $"{tests}.runtimeconfig.json", "--depsfile", $"{tests}.deps.json",
                Path.Combine(AppContext.BaseDirectory, "clip.dll"),
            ];
        }
    }

    public static Process Start(string address, params string[] args) =>
        Start(address, Words[0], [.. Words.Skip(1), .. args]);

    /// <summary>Starts a shell, in which <c>clip</c> is the command.</summary>
    public static Process StartShell(ScriptedServer server, string script) =>
        Start(server.Address, "/bin/sh", ["-c", ShellScript(script)]);

    /// <summary>
    /// Starts a shell on a pseudo-terminal. What is written to the process is typed there; its standard output is what
    /// the terminal shows.
    /// </summary>
    public static Process StartTerminal(ScriptedServer server, string script)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "There is no `script` of util-linux.");
        return Start(server.Address, "/usr/bin/script", ["-qefc", ShellScript(script), "/dev/null"]);
    }

    public static async Task<CliRun> FinishAsync(Process process, CancellationToken token)
    {
        using (process)
        {
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(token);
                var error = process.StandardError.ReadToEndAsync(token);
                await process.WaitForExitAsync(token);
                return new CliRun(process.ExitCode, await output, await error);
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string ShellScript(string script) =>
        $"clip() {{ {string.Join(' ', Words.Select(Quote))} \"$@\"; }}\n{script}";

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''")}'";

    /// <summary>The tests run in the background of a shell. What they start would ignore SIGINT too.</summary>
    private static bool IgnoresInterrupts()
    {
        const ulong interrupt = 1UL << 1;
        const string key = "SigIgn:";
        return OperatingSystem.IsLinux() && File.ReadLines("/proc/self/status")
            .Where(line => line.StartsWith(key, StringComparison.Ordinal))
            .Any(line => (ulong.Parse(line[key.Length..].Trim(), NumberStyles.HexNumber) & interrupt) != 0);
    }

    private static Process Start(string address, string program, IReadOnlyList<string> args) => IgnoresInterrupts()
        ? StartProcess(address, "/usr/bin/env", ["--default-signal=INT", program, .. args])
        : StartProcess(address, program, args);

    private static Process StartProcess(string address, string program, IReadOnlyList<string> args) => Process.Start(
        new ProcessStartInfo(program, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            Environment =
            {
                ["CLIP_SERVER"] = address,
                ["CLIP_API_KEY"] = "key-of-the-environment",
                ["TERM"] = "xterm-256color",
                ["SHELL"] = "/bin/sh",
            },
        })!;
}
