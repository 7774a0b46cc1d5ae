using ClipGrpc.Client;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Wire = Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipClientModelTests
{
    [Fact(Timeout = 30_000)]
    public async Task ListAndGetModel_Demo_AreGivenOut()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        Assert.Equal("demo", Assert.Single((await client.ListModelsAsync(token)).Models).Name);
        Assert.Equal(3, (await client.GetModelAsync("demo", token)).Architecture!.EmbeddingDimensions);
    }

    [Fact(Timeout = 30_000)]
    public async Task GetModelAsync_Unknown_SaysWhatThereIs()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var error = await Assert.ThrowsAsync<ClipClientException>(() => client.GetModelAsync("x", token));

        Assert.Equal((StatusCode.NotFound, "No model 'x'; there is demo."), (error.StatusCode, error.Message));
        Assert.IsType<RpcException>(error.InnerException);
    }

    [Fact(Timeout = 30_000)]
    public async Task LoadModelAsync_Source_ReachesTheServer()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var model = await client.LoadModelAsync(
            "some/source", new LoadModelCallOptions { Name = "name", Precision = "int8" }, token);
        await client.UnloadModelAsync("name", token);

        Assert.Equal(("some/source", "name", "int8"), (model.Source, model.Name, model.Precision));
        Assert.Equal(["LoadModel", "UnloadModel"], server.Log.Calls.Select(call => call.Method));
    }

    [Fact(Timeout = 30_000)]
    public async Task CheckHealthAsync_States_AreGivenOut()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        Assert.Equal(ServingStatus.Serving, await client.CheckHealthAsync(cancellationToken: token));
        server.Health.Status = Wire.ServingStatus.NotServing;
        Assert.Equal(ServingStatus.NotServing, await client.CheckHealthAsync("clipgrpc.v1.ClipService", token));
        Assert.Equal(ServingStatus.ServiceUnknown, await client.CheckHealthAsync("unknown", token));
    }

    [Fact(Timeout = 30_000)]
    public async Task EveryUnaryCall_HasItsDeadline()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var client = server.CreateClient(options =>
        {
            options.TimeProvider = clock;
            options.Timeout = TimeSpan.FromHours(1);
            options.LoadTimeout = TimeSpan.FromHours(2);
        });
        var labels = new ClipLabels(["a"]);
        var image = ClipImage.FromBytes("payload"u8.ToArray());

        await client.EmbedTextAsync("a", cancellationToken: token);
        await client.EmbedImageAsync(image, cancellationToken: token);
        await client.EmbedTextsAsync(["a"], cancellationToken: token);
        await client.EmbedImagesAsync([image], cancellationToken: token);
        await client.ClassifyAsync(image, labels, cancellationToken: token);
        await client.ClassifyAsync([image], labels, cancellationToken: token);
        await client.CreateLabelSetAsync(labels, cancellationToken: token);
        await client.RankAsync("a", ["b"], cancellationToken: token);
        await client.GetModelAsync("demo", token);
        await client.CheckHealthAsync(cancellationToken: token);
        await client.LoadModelAsync("demo", cancellationToken: token);
        await client.UnloadModelAsync("demo", token);
        await client.EmbedTextAsync("a", new EmbedCallOptions { Timeout = TimeSpan.FromHours(3) }, token);

        Assert.Equal(14, server.Log.Calls.Count);
        var start = clock.GetUtcNow().UtcDateTime;
        // The wire carries the time that is left, so that a slow machine makes deadlines a little earlier or later.
        Assert.All(server.Log.Calls.SkipLast(1), call => Assert.InRange(
            call.Deadline - start - TimeSpan.FromHours(call.Method is "LoadModel" or "UnloadModel" ? 2 : 1),
            TimeSpan.FromMinutes(-1),
            TimeSpan.FromMinutes(1)));
        Assert.InRange(
            server.Log.Calls[^1].Deadline - start, TimeSpan.FromMinutes(179), TimeSpan.FromMinutes(181));
    }

    [Fact(Timeout = 30_000)]
    public async Task AnyCall_NoServer_IsAConnectionFailure()
    {
        var token = TestContext.Current.CancellationToken;
        using var nowhere = new RefusingAddress();
        using var client = ClipClient.ForAddress(nowhere.Address, options => options.MaxAttempts = 1);

        var error = await Assert.ThrowsAsync<ClipClientException>(() => client.ListModelsAsync(token));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.True(error.IsConnectionFailure);
        Assert.StartsWith($"The server at {nowhere.Address} cannot be reached: ", error.Message);
    }
}
