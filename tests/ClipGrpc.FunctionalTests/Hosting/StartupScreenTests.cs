using ClipGrpc.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ClipGrpc.FunctionalTests.Hosting;

public sealed class StartupScreenTests
{
    private static readonly StartupModel[] Models =
    [
        new("demo", 256, 64, "CPU", "cpu", "fp32", "ready"),
        new("laion/CLIP-ViT-B-32", 512, 224, "OpenVINO", "openvino:cpu:0", "bf16", "loading"),
    ];

    [Fact]
    public void Render_TwoModels_AlignsColumnsAndNamesTheNextStep()
    {
        var screen = StartupScreen.Render(new StartupSummary(
            "1.2.3", Models, new Uri("http://localhost:50051"), new Uri("http://localhost:8080"),
            new Uri("http://localhost:8080/"), "clip models"));

        var lines = screen.Split(Environment.NewLine);
        Assert.Contains("  ClipGrpc 1.2.3", lines);
        var rows = lines.Where(line => line.Contains("x", StringComparison.Ordinal)
            && Models.Any(model => line.Contains(model.Name, StringComparison.Ordinal))).ToList();
        Assert.Equal(2, rows.Count);
        Assert.Equal(
            rows[0].IndexOf(" cpu ", StringComparison.Ordinal),
            rows[1].IndexOf(" openvino:cpu:0 ", StringComparison.Ordinal));
        Assert.Contains(" bf16 ", rows[1], StringComparison.Ordinal);
        Assert.Contains("http://localhost:50051", screen);
        Assert.Contains("  Page  http://localhost:8080/", lines);
        Assert.Contains("  Try   clip models", lines);
        Assert.All(lines, line => Assert.Equal(line.TrimEnd(), line));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Announce_BeforeOrAfterTheStart_ShowsThePortsInUse(bool before)
    {
        var output = new StringWriter();
        await using var server = await BareServer.StartAsync(TestContext.Current.CancellationToken, map: app =>
        {
            if (before)
                CreateAnnouncer(app, output).Announce(Models);
        });
        if (!before)
            CreateAnnouncer(server.App, output).Announce(Models);

        Assert.NotEqual(0, server.GrpcAddress.Port);
        Assert.Contains($"  gRPC  http://localhost:{server.GrpcAddress.Port}", output.ToString());
        Assert.Contains($" --server http://localhost:{server.GrpcAddress.Port}", output.ToString());
    }

    [Fact(Timeout = 30_000)]
    public async Task Announce_JsonLogs_PrintsNoScreen()
    {
        var output = new StringWriter();
        await using var server = await BareServer.StartAsync(
            TestContext.Current.CancellationToken, new() { ["Clip:Server:LogFormat"] = "json" });

        CreateAnnouncer(server.App, output).Announce(Models);

        Assert.Empty(output.ToString());
    }

    private static StartupAnnouncer CreateAnnouncer(WebApplication app, TextWriter output) =>
        ActivatorUtilities.CreateInstance<StartupAnnouncer>(app.Services, output);
}
