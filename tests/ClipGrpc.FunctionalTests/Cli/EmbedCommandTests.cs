using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class EmbedCommandTests
{
    [Fact(Timeout = 60_000)]
    public async Task Embed_ImagesAndTexts_PrintsJsonLinesInOrder()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var image = folder.Write("a.png", "payload");
        var texts = folder.Write("texts.txt", "third\n\nfourth text\n");

        var run = await CliRun.AtAsync(
            server, "embed", image, "--text", "cat", "--text", "bad", "--texts-file", texts, "--json")
            .WaitAsync(token);

        var lines = run.OutLines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(
            [image, "cat", "bad", "third", "fourth text"],
            lines.Select(line => line.GetProperty("input").GetString()!));
        Assert.Equal(
            ["input", "model", "revision", "embedding", "truncated", "token_count", "error"],
            lines[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.Null, lines[0].GetProperty("token_count").ValueKind);
        Assert.Equal(3, lines[1].GetProperty("token_count").GetInt32());
        Assert.Equal([7, 'p', 0.5], lines[0].GetProperty("embedding").EnumerateArray().Select(v => v.GetDouble()));
        Assert.Equal(0, lines[2].GetProperty("embedding").GetArrayLength());
        Assert.Equal("inputs: this is bad.", lines[2].GetProperty("error").GetString());
        Assert.Equal(1, run.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_Npy_WritesEveryByteAsNumPyDoes()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "out.npy");

        var run = await CliRun.AtAsync(
            server, "embed", "--text", "a", "--text", "bad", "--text", "ccc", "--npy", path).WaitAsync(token);

        var bytes = await File.ReadAllBytesAsync(path, token);
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0], bytes[..8]);
        var headerLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        Assert.Equal(0, (10 + headerLength) % 64);
        var header = Encoding.ASCII.GetString(bytes, 10, headerLength);
        Assert.StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3), }", header);
        Assert.EndsWith("\n", header);
        var values = new float[9];
        Buffer.BlockCopy(bytes, 10 + headerLength, values, 0, 36);
        Assert.Equal(10 + headerLength + 36, bytes.Length);
        Assert.Equal([1f, 'a', 0.5f, float.NaN, float.NaN, float.NaN, 3f, 'c', 0.5f], values);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("clip: bad: inputs: this is bad.", run.ErrorLines);
        Assert.Equal(
            [path, folder.PathOf("out.names.jsonl")],
            Directory.GetFiles(folder.Path).OrderDescending(StringComparer.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_NpyCannotBeWritten_IsWrongUse()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();

        var path = Path.Combine(folder.Path, "no", "such", "out.npy");

        var run = await CliRun.AtAsync(server, "embed", "--text", "a", "--npy", path).WaitAsync(token);

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("clip: --npy: ", Assert.Single(run.ErrorLines));
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_ForPeople_PrintsALineAnItem()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();

        var run = await CliRun.AtAsync(server, "embed", "--text", "a").WaitAsync(token);

        Assert.Equal("a  3 dimensions  [1.0000, 97.0000, 0.5000]", Assert.Single(run.OutLines));
        Assert.Equal(0, run.ExitCode);
    }
}
