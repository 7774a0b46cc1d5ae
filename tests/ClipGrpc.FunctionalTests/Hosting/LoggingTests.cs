using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Models;
using ClipGrpc.Server.Hosting;
using ClipGrpc.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClipGrpc.FunctionalTests.Hosting;

public sealed class LoggingTests
{
    [Fact(Timeout = 30_000)]
    public async Task Log_OfTheServersLoggers_IsLimitedAndEscaped()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var log = new LogRecorder();
        await using var server = await BareServer.StartAsync(
            cancellation, customise: builder => builder.Logging.ClearProviders().AddProvider(log));
        var logger = server.App.Services.GetRequiredService<ILogger<LoggingTests>>();
        log.Clear();

        for (var i = 0; i < 500; i++)
            logger.LogError("bad {Input}", "\u001B[2J\nforged");

        var lines = log.Records.Where(record => record.Category.EndsWith(nameof(LoggingTests))).ToArray();
        Assert.InRange(lines.Length, 50, 100);
        Assert.All(lines, line => Assert.Equal("bad \\u001B[2J\\u000Aforged", line.Text));
    }

    [Fact(Timeout = 60_000)]
    public async Task Log_ModelInFp32WhereOthersHaveInstructions_NamesThemOnce()
    {
        Assert.SkipWhen(ProcessorFeatures.Names.Count == 0, "This processor has no instructions for bf16 or int8.");
        using var folder = new TemporaryFolder();
        SyntheticCheckpoint.Write(
            folder, GoldenModel.Load("synthetic--tiny-gelu"), CheckpointForm.OpenClipSafetensors);
        var models = $"one={folder.Path};two={folder.Path};demo=demo";

        var line = Assert.Single(await StartAsync(new() { ["Clip:Models"] = models }));

        Assert.Equal(LogLevel.Information, line.Level);
        Assert.StartsWith($"Model one runs in fp32 on cpu, and this processor has {ProcessorFeatures.Describe()}: "
            + $"--precision {(ProcessorFeatures.HasArmBf16 ? "bf16" : "int8")} may be faster.", line.Text);
        Assert.Contains($"`clip bench {folder.Path}`", line.Text);
    }

    [Fact(Timeout = 60_000)]
    public async Task Log_ProviderWithBf16IsConfiguredAndUnused_NamesItsDeviceWhereItIsFast()
    {
        OpenVinoPlugin.SkipUnlessHas(Precision.Bf16);
        var flags = ProcessorFeatures.Names.Contains(ProcessorFeatures.Amx)
            ? "--precision bf16 --device openvino:cpu"
            : "--precision int8";
        using var folder = new TemporaryFolder();
        SyntheticCheckpoint.Write(
            folder, GoldenModel.Load("synthetic--tiny-gelu"), CheckpointForm.OpenClipSafetensors);

        var line = Assert.Single(await StartAsync(new()
        {
            ["Clip:Models"] = folder.Path,
            ["Clip:Inference:Providers"] = $"{OpenVinoPlugin.Name}={OpenVinoPlugin.Library}",
        }));

        Assert.Contains($": {flags} may be faster.", line.Text);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("fp32")]
    [InlineData("int8")]
    public async Task Log_DemoModelOrFastPrecision_HasNoHint(string precision)
    {
        using var folder = new TemporaryFolder();
        SyntheticCheckpoint.Write(
            folder, GoldenModel.Load("synthetic--tiny-gelu"), CheckpointForm.OpenClipSafetensors);

        Assert.Empty(await StartAsync(new()
        {
            ["Clip:Models"] = precision == "fp32" ? "demo" : folder.Path,
            ["Clip:Inference:Precision"] = precision,
        }));
    }

    private static async Task<LogRecord[]> StartAsync(Dictionary<string, string?> settings)
    {
        var log = new LogRecorder();
        settings["Logging:LogLevel:Default"] = "Information";
        await using var server = await RunningServer.StartAsync(
            settings, builder => builder.Logging.ClearProviders().AddProvider(log));
        return [.. log.Records.Where(record => record.Category.EndsWith(nameof(FasterPrecision)))];
    }
}
