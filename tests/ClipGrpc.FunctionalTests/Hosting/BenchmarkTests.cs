using System.Text.Json;
using ClipGrpc.Models;
using ClipGrpc.Server.Hosting;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Hosting;

/// <summary>The server program's <c>bench</c>, with its processes, on the demo model.</summary>
public sealed class BenchmarkTests
{
    private static readonly string[] Short = ["--duration", "0.03"];

    [Fact(Timeout = 120_000)]
    public async Task Bench_Demo_MeasuresEveryCandidateOfTheProcessor()
    {
        var (code, output, error) = await RunAsync(["bench", "demo", "--json", .. Short]);

        Assert.True(code == 0, error);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal("demo", report.GetProperty("model").GetString());
        Assert.Equal(ProcessorFeatures.Model, report.GetProperty("processor").GetString());
        Assert.Equal(Environment.ProcessorCount, report.GetProperty("cores").GetInt32());
        var rows = report.GetProperty("candidates").EnumerateArray().ToList();
        Assert.Equal(
            ProcessorFeatures.HasArmBf16 ? ["fp32", "fp16", "bf16", "int8"] : ["fp32", "fp16", "int8"],
            rows.Select(row => row.GetProperty("precision").GetString()));
        Assert.All(rows, AssertMeasured);
        Assert.Equal(1, CosineOf(rows[0]), 6);
        Assert.InRange(CosineOf(rows[^1]), 0.9, 1);
        Assert.NotEqual(1, CosineOf(rows[^1]));
        Assert.Equal(rows.Count, error.Split('\n').Count(line => line.Contains(" images/s, lowest cosine ")));

        var flags = report.GetProperty("recommendation").GetProperty("flags").EnumerateArray()
            .Select(flag => flag.GetString()!).ToArray();
        var parsed = ServerCommandLine.Parse(flags, TextWriter.Null, TextWriter.Null);
        Assert.Null(parsed.ExitCode);
        Assert.Equal(flags.Length / 2, parsed.Settings.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Bench_ProviderThatDoesNotLoad_IsARowWithItsReason()
    {
        using var folder = new TemporaryFolder();
        var library = folder.Write("libbroken.so", "no library");

        var (code, output, error) = await RunAsync(["bench", "demo", "--provider", $"broken={library}", .. Short]);

        Assert.True(code == 0, error);
        Assert.Matches($"broken +fp32 +not available: Provider broken: {library} is not an execution provider", output);
        Assert.Matches("cpu +int8 +[0-9.]+ ", output);
        Assert.Contains("Recommended flags: ", output);
    }

    [Fact(Timeout = 300_000)]
    public async Task Bench_OpenVino_IsMeasuredAsConfigured()
    {
        var environment = new Dictionary<string, string?>
        {
            ["Clip__Inference__Providers"] = $"{OpenVinoPlugin.Name}={OpenVinoPlugin.Library}",
        };

        var (code, output, error) = await RunAsync(["bench", "demo", "--json", .. Short], environment);

        Assert.True(code == 0, error);
        var rows = JsonDocument.Parse(output).RootElement.GetProperty("candidates").EnumerateArray()
            .Where(row => row.GetProperty("device").GetString() == "openvino:cpu").ToList();
        Assert.Contains("fp32", rows.Select(row => row.GetProperty("precision").GetString()));
        Assert.All(rows, row =>
        {
            AssertMeasured(row);
            Assert.Equal("OpenVINO", row.GetProperty("provider").GetString());
            Assert.InRange(CosineOf(row), 0.99, 1.000001);
        });
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1, "There is no model 'no/such/model'", "no/such/model")]
    [InlineData(2, "--provider has the name 'cpu'", "demo", "--provider", "cpu=/x.so")]
    [InlineData(2, "Unknown flag: --duraton.", "--duraton", "1")]
    [InlineData(2, "--duration must be more than 0", "demo", "--duration", "0")]
    [InlineData(2, "Required argument 'MODEL' missing")]
    public async Task Bench_WrongUse_SaysWhatIsWrong(int exitCode, string message, params string[] args)
    {
        var (code, output, error) = await RunAsync(["bench", .. args]);

        Assert.Equal((exitCode, ""), (code, output));
        Assert.Contains(message, error);
        Assert.DoesNotContain("   at ", error);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(
        string[] args, Dictionary<string, string?>? environment = null)
    {
        using var run = new ServerRun(args, environment: environment, listens: false);
        return await run.EndAsync();
    }

    private static double CosineOf(JsonElement row) => row.GetProperty("lowest_cosine").GetDouble();

    private static void AssertMeasured(JsonElement row)
    {
        Assert.Equal(JsonValueKind.Null, row.GetProperty("refused").ValueKind);
        string[] numbers =
        [
            "images_per_second", "raw_images_per_second", "one_image_milliseconds", "loaded_bytes", "peak_bytes",
            "start_seconds", "lowest_cosine",
        ];
        Assert.All(numbers, name => Assert.True(row.GetProperty(name).GetDouble() > 0, name));
        // The demo model's context has 32 tokens.
        var texts = row.GetProperty("texts").EnumerateArray().ToList();
        Assert.Equal([10, 32], texts.Select(text => text.GetProperty("tokens").GetInt32()));
        Assert.All(texts, text => Assert.True(text.GetProperty("texts_per_second").GetDouble() > 0));
        Assert.All(texts, text => Assert.True(text.GetProperty("raw_texts_per_second").GetDouble() > 0));
    }
}
