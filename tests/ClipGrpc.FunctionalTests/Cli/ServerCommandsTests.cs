using System.Text.Json;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class ServerCommandsTests
{
    [Fact(Timeout = 60_000)]
    public async Task Models_Table_HasAModelARow()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Models.Demo.Source = new string('x', 300);

        var run = await CliRun.AtAsync(server, "models").WaitAsync(token);

        var row = Assert.Single(run.OutLines, line => line.Contains("demo (default)"));
        Assert.All(["ready", "fp32", "CPU", "64 px", "77 tokens"], cell => Assert.Contains(cell, row));
        Assert.DoesNotContain('\u001b', run.Out);
        Assert.Equal(0, run.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Models_Json_IsOneObjectALine()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();

        var run = await CliRun.AtAsync(server, "models", "--json").WaitAsync(token);

        var model = JsonDocument.Parse(Assert.Single(run.OutLines)).RootElement;
        Assert.Equal("demo", model.GetProperty("name").GetString());
        Assert.Equal("READY", model.GetProperty("state").GetString());
        Assert.True(model.GetProperty("default").GetBoolean());
        Assert.Equal(3, model.GetProperty("dimensions").GetInt32());
    }

    [Fact(Timeout = 60_000)]
    public async Task Health_AllServe_Is0()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();

        var run = await CliRun.AtAsync(server, "health").WaitAsync(token);

        Assert.Equal(
            [
                "server                    SERVING",
                "clipgrpc.v1.ClipService   SERVING",
                "clipgrpc.v1.ModelService  SERVING",
                "model demo                READY",
            ],
            run.OutLines);
        Assert.Equal(0, run.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Health_ServiceOrModelDoesNotServe_Is1()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Models.Demo.State = ModelState.Loading;
        var loading = await CliRun.AtAsync(server, "health").WaitAsync(token);
        server.Models.Demo.State = ModelState.Ready;
        server.Health.Status = ServingStatus.NotServing;
        var notServing = await CliRun.AtAsync(server, "health").WaitAsync(token);

        Assert.Equal((1, 1), (loading.ExitCode, notServing.ExitCode));
        Assert.Contains("LOADING", loading.Out);
        Assert.Contains("NOT_SERVING", notServing.Out);
    }
}
