using System.Security.Cryptography;
using System.Text;
using ClipGrpc.Server.Access;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class KeyCommandTests
{
    [Fact(Timeout = 30_000)]
    public async Task Create_Printed_IsAKeyAndALineThatTheServerReads()
    {
        var run = await CliRun.RunAsync("key", "create", "ci", "--set", "roles=infer,metrics", "rate=5");
        Assert.Equal(0, run.ExitCode);
        var (key, line) = (run.OutLines[0], run.OutLines[1]);
        Assert.StartsWith("clip_", key, StringComparison.Ordinal);

        var parsed = Assert.Single(ApiKeyFile.Parse(Encoding.UTF8.GetBytes(line)));
        Assert.Equal(("ci", Roles.Infer | Roles.Metrics, 5.0), (parsed.Name, parsed.Roles, parsed.Rate));
        Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes(key)), parsed.Digest.ToArray());
    }

    [Fact(Timeout = 30_000)]
    public async Task Create_AppendTo_AddsTheLineAndPrintsTheKeyAlone()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "keys");
        var one = await CliRun.RunAsync("key", "create", "one", "--append-to", file);
        var two = await CliRun.RunAsync("key", "create", "two", "--append-to", file);

        Assert.NotEqual(Assert.Single(one.OutLines), Assert.Single(two.OutLines));
        var keys = ApiKeyFile.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        Assert.Equal(["one", "two"], keys.Select(key => key.Name));
        Assert.All(keys, key => Assert.Equal(ApiKey.DefaultRoles, key.Roles));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData("")]
    public async Task Create_NameThatCannotBeInTheFile_IsWrongUse(string name)
    {
        var run = await CliRun.RunAsync("key", "create", name);
        Assert.Equal(2, run.ExitCode);
        Assert.DoesNotContain("clip_", run.Out);
    }

    [Fact(Timeout = 30_000)]
    public async Task Create_SettingThatIsNone_IsWrongUse()
    {
        var run = await CliRun.RunAsync("key", "create", "a", "--set", "roles");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("is not KEY=VALUE", run.Error);
    }
}
