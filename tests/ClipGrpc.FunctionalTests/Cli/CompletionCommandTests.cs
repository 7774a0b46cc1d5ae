using System.Diagnostics;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class CompletionCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 30_000)]
    [InlineData("clip se", "search")]
    [InlineData("clip rm", "rm")]
    [InlineData("clip search --i", "--image", "--index")]
    [InlineData("clip completion ", "bash", "fish", "pwsh", "zsh")]
    [InlineData("clip completion z", "zsh")]
    [InlineData("clip bench --loop ", "both", "closed", "open")]
    [InlineData("clip bench --loop", "--loop")]
    [InlineData("clip key ", "create")]
    [InlineData("clip nonsense")]
    [InlineData("clip")]
    public async Task Suggest_Line_GivesTheWordsThatMayStandThere(string line, params string[] words)
    {
        var run = await CliRun.RunAsync($"[suggest:{line.Length}]", line);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(words, run.OutLines.Order());
    }

    [Fact(Timeout = 30_000)]
    public async Task Suggest_CursorInTheLine_LeavesOutWhatIsBehindIt()
    {
        var run = await CliRun.RunAsync("[suggest:7]", "clip se photos/ --json");

        Assert.Equal(["search"], run.OutLines);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public async Task Completion_EveryShell_PrintsItsScript(string shell)
    {
        var run = await CliRun.RunAsync("completion", shell);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("[suggest:", run.Out);
        Assert.DoesNotContain('\r', run.Out);
    }

    [Fact(Timeout = 30_000)]
    public async Task Completion_UnknownShell_IsWrongUse()
    {
        var run = await CliRun.RunAsync("completion", "tcsh");

        Assert.Equal(2, run.ExitCode);
        Assert.Equal(
            "clip: Argument 'tcsh' not recognized. Must be one of: 'bash' 'zsh' 'fish' 'pwsh'", run.ErrorLines[0]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Completion_InBash_CompletesWords()
    {
        var lines = await RunShellAsync("bash", ["--norc"], """
            complete_line() {
                COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
                _clip_complete clip
                echo "${COMPREPLY[*]}"
            }
            complete_line 'clip se'
            complete_line 'clip search --i'
            complete_line 'clip search photos'
            complete -p clip
            """);

        Assert.Equal(["search", "--image --index", ""], lines[..3]);
        Assert.Contains("_clip_complete", lines[3]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Completion_InZsh_CompletesWords()
    {
        // The line editor's own commands are replaced by what shows their words.
        var lines = await RunShellAsync("zsh", ["-f"], """
            compadd() { print -r -- "${candidates[*]}" }
            _files() { print files }
            words=(clip se); CURRENT=2; _clip
            words=(clip search --i); CURRENT=3; _clip
            words=(clip search photos); CURRENT=3; _clip
            """);

        Assert.Equal(["search", "--image --index", "files"], lines);
    }

    [Fact(Timeout = 120_000)]
    public async Task Completion_InFish_CompletesWords()
    {
        var lines = await RunShellAsync("fish", ["--no-config"], """
            cd $HOME
            touch completion.txt photo.jpg
            complete -C 'clip search --i'
            echo
            complete -C 'clip completion '
            echo
            complete -C 'clip search pho'
            """);

        Assert.Equal(["--image", "--index", "", "bash", "fish", "pwsh", "zsh", "", "photo.jpg"], lines);
    }

    /// <summary>The lines that a shell prints for <paramref name="commands"/>, with its completion loaded.</summary>
    private async Task<string[]> RunShellAsync(string shell, string[] options, string commands)
    {
        Assert.SkipUnless(IsInstalled(shell), $"{shell} is not installed.");
        var token = TestContext.Current.CancellationToken;
        var completion = await CliRun.RunAsync("completion", shell);
        var script = _folder.Write("script", $"{completion.Out}\n{commands}\n");
        WriteCommand();
        var start = new ProcessStartInfo(shell, [.. options, script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{_folder.Path}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = _folder.Path;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(token);
        var output = await process.StandardOutput.ReadToEndAsync(token);
        await process.WaitForExitAsync(token);
        Assert.Equal("", await error);
        return output.TrimEnd('\n').Split('\n');
    }

    private static bool IsInstalled(string shell) =>
        !OperatingSystem.IsWindows()
        && Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(path => File.Exists(Path.Combine(path, shell)));

    // Beside the tests some of the command's packages come from the tests' own frameworks.
    private void WriteCommand()
    {
        var tests = Path.Combine(AppContext.BaseDirectory, "ClipGrpc.FunctionalTests");
        var command = _folder.Write("clip", $"""
            #!/bin/sh
            exec dotnet exec --runtimeconfig '{tests}.runtimeconfig.json' \
                --depsfile '{tests}.deps.json' '{Path.Combine(AppContext.BaseDirectory, "clip.dll")}' "$@"

            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(command, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }
}
