using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Server;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Serving.Models;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>A server whose models run on a real plug-in execution provider, beside the runtime's own.</summary>
[Collection(FullSizeModels.Collection)]
public sealed class PluginProviderTests
{
    private const int Swaps = 20;

    [Fact(Timeout = 240_000)]
    public async Task TwoModels_OnTwoProviders_GiveTheSameEmbeddingsAndSayWhatRuns()
    {
        await using var server = await StartAsync(("Clip:Models", "own=demo;plugin=demo"), ("Clip:Inference:Device",
            "plugin=openvino:cpu"));

        var models = (await server.Models.ListModelsAsync(new ListModelsRequest(), Limited())).Models;
        Assert.Equal(
            [("own", "CPU", "cpu", "fp32"), ("plugin", "OpenVINO", "openvino:cpu:0", "fp32")],
            models.Select(model => (model.Name, model.Provider, model.Device, model.Precision)).Order());
        Assert.Equal(models[0].Revision, models[1].Revision);
        var metrics = await server.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Contains(
            "clip_loaded_models{model=\"plugin\",provider=\"OpenVINO\",device=\"openvino:cpu:0\",precision=\"fp32\"} 1",
            metrics, StringComparison.Ordinal);

        var own = await EmbedAsync(server, "own");
        var plugin = await EmbedAsync(server, "plugin");
        for (var i = 0; i < own.Count; i++)
            EncoderAssert.Close(own[i], plugin[i], 1e-4);
    }

    [Fact(Timeout = 240_000)]
    public async Task EveryCall_OnThePlugin_Works()
    {
        await using var server = await StartAsync(("Clip:Inference:Device", "openvino"));

        var classified = await server.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSet = Labels("cat", "car") }, Limited());
        Assert.Equal(2, classified.Results[0].Predictions.Count);
        var ranked = await server.Clip.RankAsync(
            new RankRequest { Query = Sentence("a cat"), Candidates = { ImageInput("cat.jpg"), Sentence("a car") } },
            Limited());
        Assert.Equal(2, ranked.Ranked.Count);
        using var call = server.Clip.EmbedStream(Limited());
        await call.RequestStream.WriteAsync(
            new EmbedStreamRequest { Id = "a", Input = Sentence("a cat") },
            TestContext.Current.CancellationToken);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        var labels = await server.Clip.CreateLabelSetAsync(
            new CreateLabelSetRequest { LabelSet = Labels("cat", "car") }, Limited());
        using var frames = server.Clip.ClassifyStream(Limited());
        await frames.RequestStream.WriteAsync(
            new ClassifyStreamRequest { Config = new ClassifyStreamConfig { LabelSetId = labels.Id } },
            TestContext.Current.CancellationToken);
        await frames.RequestStream.WriteAsync(
            new ClassifyStreamRequest { Frame = new Frame { Image = Image("cat.jpg") } },
            TestContext.Current.CancellationToken);
        await frames.RequestStream.CompleteAsync();
        Assert.True(await frames.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(2, frames.ResponseStream.Current.Predictions.Count);
    }

    [Fact(Timeout = 600_000)]
    public async Task HotSwap_ManyTimes_KeepsServingAndReturnsTheMemory()
    {
        await using var server = await StartAsync(("Clip:Inference:Device", "demo=cpu;openvino"));
        var expected = await EmbedAsync(server, "demo");
        long settled = 0;
        for (var i = 0; i < Swaps; i++)
        {
            await server.Models.LoadModelAsync(new LoadModelRequest { Source = "demo", Name = "swap" }, Limited());
            var embeddings = await EmbedAsync(server, "swap");
            for (var j = 0; j < expected.Count; j++)
                EncoderAssert.Close(expected[j], embeddings[j], 1e-4);
            await server.Models.UnloadModelAsync(new UnloadModelRequest { Name = "swap" }, Limited());
            if (i == Swaps / 4)
                settled = Environment.WorkingSet;
        }

        // The demo model's weights alone are 17 MB: kept each time, they would be 250 MB.
        Assert.InRange(Environment.WorkingSet - settled, long.MinValue, 120L << 20);
    }

    [Fact(Timeout = 120_000)]
    public async Task LoadModel_OnADeviceByName_RunsThere()
    {
        await using var server = await StartAsync();
        var model = await server.Models.LoadModelAsync(
            new LoadModelRequest { Source = "demo", Name = "x", Device = "openvino:cpu" }, Limited());
        Assert.Equal(("OpenVINO", "openvino:cpu:0"), (model.Provider, model.Device));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("abacus:tpu", "device:")]
    [InlineData("abacus", "the provider abacus is not configured")]
    public async Task LoadModel_UnknownDevice_IsInvalid(string device, string part)
    {
        await using var server = await RunningServer.StartAsync();
        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Models.LoadModelAsync(
            new LoadModelRequest { Source = "demo", Name = "x", Device = device }, Limited()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(part, error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("Clip:Inference:Providers", "gone=/nowhere/plugin.so", "the file /nowhere/plugin.so does not exist")]
    [InlineData("Clip:Inference:Precision", "bf16", "bf16 is not available on the device cpu")]
    public async Task Load_DeviceOrPrecisionThatIsNotThere_FailsWithTheReason(string key, string value, string part)
    {
        var settings = new Dictionary<string, string?> { [key] = value };
        if (key.EndsWith("Providers", StringComparison.Ordinal))
            settings["Clip:Inference:Device"] = "gone";
        await using var app = ServerHost.Build(settings);

        var error = await Assert.ThrowsAsync<ClipException>(
            () => app.Services.GetRequiredService<IModelLoader>().LoadAsync(
                new ModelSpec("demo", "demo"), TestContext.Current.CancellationToken));

        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    /// <summary>A model is refused before the ports are open, or after; the reason is the same.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("Clip:Inference:Precision", "demo=bf16")]
    [InlineData("Clip:Models", "demo=/nowhere/model")]
    public async Task Run_ModelIsRefusedAtOnce_EndsWithTheReason(string key, string value)
    {
        Assert.SkipWhen(ProcessorFeatures.HasArmBf16, "This processor has bf16 kernels of the runtime.");
        var error = new StringWriter();
        var code = await ServerHost.RunAsync(
            new Dictionary<string, string?>
            {
                [key] = value,
                ["Clip:Server:GrpcPort"] = "0",
                ["Clip:Server:HttpPort"] = "0",
                ["Logging:LogLevel:Default"] = "None",
            },
            error).WaitAsync(RunningServer.Limit, TestContext.Current.CancellationToken);

        Assert.Equal(ExitCodes.Failure, code);
        Assert.Contains(
            "The server cannot start. Model demo could not be loaded from ", error.ToString(),
            StringComparison.Ordinal);
    }

    private static Task<RunningServer> StartAsync(params (string Key, string Value)[] settings)
    {
        var all = settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value);
        all["Clip:Inference:Providers"] = $"{OpenVinoPlugin.Name}={OpenVinoPlugin.Library}";
        return RunningServer.StartAsync(all);
    }

    private static async Task<IReadOnlyList<float[]>> EmbedAsync(RunningServer server, string model)
    {
        var request = new EmbedRequest { Model = model, Inputs = { Sentence("a cat"), ImageInput("cat.jpg") } };
        var response = await server.Clip.EmbedAsync(request, Limited());
        return [.. response.Results.Select(result => result.Embedding.Values.ToArray())];
    }
}
