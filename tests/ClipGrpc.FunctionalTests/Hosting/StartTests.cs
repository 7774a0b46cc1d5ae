using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Hosting;

/// <summary>
/// In bad surroundings the server works, or ends with 1 and one line for the operator: never with a stack trace.
/// </summary>
public sealed class StartTests : IDisposable
{
    private const string Setpriv = "/usr/bin/setpriv";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 120_000)]
    [InlineData("-n 64", "can open 64 files")]
    [InlineData("-n 200", "can open 200 files")]
    [InlineData("-v 3000000", "2929 MiB of address space")]
    public async Task Start_LimitTooLow_SaysSoInOneLine(string limit, string message)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ulimit is of Unix");
        AssertFailed(await RunAsync(["--model", "demo"], ServerRun.WithLimit(limit)), message);
    }

    [Fact(Timeout = 120_000)]
    public async Task Start_FolderWithoutAModel_SaysSoInOneLine() =>
        AssertFailed(await RunAsync(["--model", _folder.Path]), _folder.Path);

    [Fact(Timeout = 120_000)]
    public async Task Start_FileInPlaceOfAFolder_SaysSoInOneLine() =>
        AssertFailed(await RunAsync(["--model", _folder.Write("model.bin", "no model")]), "model.bin");

    [Fact(Timeout = 120_000)]
    public async Task Start_DamagedModel_SaysSoInOneLine()
    {
        _folder.Write("open_clip_config.json", "{ \"model_cfg\": [\n");
        _folder.Write("open_clip_model.safetensors", "short");
        AssertFailed(await RunAsync(["--model", _folder.Path]), _folder.Path);
    }

    [Fact(Timeout = 120_000)]
    public async Task Start_FilesOfAnotherUser_SaysSoInOneLine()
    {
        var canChangeUsers = !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess && File.Exists(Setpriv);
        Assert.SkipUnless(canChangeUsers, "needs root and setpriv");
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(
                _folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        // Root without the capability to pass over permissions; the files of the program are root's.
        string[] unprivileged = [Setpriv, "--reuid=65534", "--clear-groups"];
        var run = await RunAsync(["--model", _folder.Path], unprivileged);

        AssertFailed(run, _folder.Path);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("Clip__Batching__StuckAfter", "soon", "Clip:Batching:StuckAfter")]
    [InlineData("Clip__Batching__MaxCallerShare", "2", "Clip:Batching:MaxCallerShare")]
    [InlineData("Clip__Limits__DefaultDeadline", "0", "Clip:Limits:DefaultDeadline")]
    [InlineData("Clip__Server__ExitOnFailure", "sometimes", "Clip:Server:ExitOnFailure")]
    public async Task Start_SettingIsMalformed_NamesItAndExitsWith2(string variable, string value, string setting)
    {
        var (code, _, error) = await RunAsync([], environment: new() { [variable] = value });
        Assert.Equal(2, code);
        Assert.Contains(setting, error);
        Assert.DoesNotContain("   at ", error);
    }

    /// <summary>What cannot be kept is made again; that is no reason not to serve.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("no home")]
    [InlineData("home where nothing can be made")]
    [InlineData("cache that is a file")]
    [InlineData("cache where nothing can be made")]
    public async Task Start_NowhereToKeepAnything_Serves(string surroundings)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        SyntheticCheckpoint.Write(
            _folder, GoldenModel.Load("synthetic--tiny-gelu"), CheckpointForm.OpenClipSafetensors);
        var environment = new Dictionary<string, string?> { ["XDG_CACHE_HOME"] = null, ["CLIPGRPC_CACHE"] = null };
        switch (surroundings)
        {
            case "no home":
                environment["HOME"] = null;
                break;
            case "home where nothing can be made":
                environment["HOME"] = "/proc";
                break;
            case "cache that is a file":
                environment["CLIPGRPC_CACHE"] = _folder.Write("cache", "in the way");
                break;
            default:
                environment["CLIPGRPC_CACHE"] = "/proc/clipgrpc";
                break;
        }

        using var run = new ServerRun(["--model", _folder.Path], environment: environment);
        await run.WhenPrintsAsync("Stop  Ctrl+C");
        run.Terminate();
        var (code, _, error) = await run.EndAsync();

        Assert.Equal((0, ""), (code, error));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(
        string[] args, string[]? wrapper = null, Dictionary<string, string?>? environment = null)
    {
        using var run = new ServerRun(args, wrapper, environment);
        return await run.EndAsync();
    }

    private static void AssertFailed((int Code, string Output, string Error) run, string message)
    {
        Assert.Equal(1, run.Code);
        var line = Assert.Single(run.Error.Trim().Split('\n'));
        Assert.StartsWith("The server cannot start. ", line);
        Assert.Contains(message, line);
        Assert.DoesNotContain("   at ", run.Output);
    }
}
