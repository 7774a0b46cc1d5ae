using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Serving.Models;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using static ClipGrpc.TestSupport.Make;
using ModelState = ClipGrpc.V1.ModelState;

namespace ClipGrpc.FunctionalTests.Server;

public sealed class ModelServiceTests(DemoServer demo)
{
    [Fact(Timeout = 60_000)]
    public async Task ListModels_DemoServer_DescribesIt()
    {
        var list = await demo.Models.ListModelsAsync(new ListModelsRequest(), Limited());

        var model = Assert.Single(list.Models);
        Assert.Equal("demo", model.Name);
        Assert.True(model.IsDefault);
        Assert.Equal(ModelState.Ready, model.State);
        Assert.Equal("fp32", model.Precision);
        Assert.Equal("CPU", model.Provider);
        Assert.Equal("cpu", model.Device);
        Assert.Equal(128u, model.Architecture.EmbeddingDimensions);
        Assert.Equal(96u, model.Architecture.ImageSize);
        Assert.Equal(12u, model.Architecture.PatchSize);
        Assert.Equal(32u, model.Architecture.ContextLength);
        Assert.Equal(8192u, model.Architecture.VocabularySize);
        Assert.Equal(6u, model.Architecture.Vision.Layers);
        Assert.Equal(1u, model.Architecture.Text.Layers);
        Assert.Equal("gelu", model.Architecture.Activation);
        Assert.InRange(model.Architecture.Parameters, 4_000_000ul, 5_000_000ul);
        Assert.InRange(model.LogitScale, 1f, 100.001f);
        Assert.NotEmpty(model.Card.IntendedUse);
        Assert.False(model.Card.HasImagenetTop1);
        Assert.Equal(32u << 20, list.Limits.MaxMessageBytes);
        Assert.Equal(16_384u, list.Limits.MaxImageSide);
        Assert.NotEmpty(list.ServerVersion);
    }

    [Fact(Timeout = 60_000)]
    public async Task GetModel_ByNameOrDefault_IsTheSame()
    {
        var byName = await demo.Models.GetModelAsync(new GetModelRequest { Name = "demo" }, Limited());
        Assert.Equal(byName, await demo.Models.GetModelAsync(new GetModelRequest(), Limited()));
    }

    [Fact(Timeout = 60_000)]
    public async Task GetModel_Unknown_IsNotFoundListingWhatThereIs()
    {
        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await demo.Models.GetModelAsync(new GetModelRequest { Name = "nope" }, Limited()));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Contains("demo", error.Status.Detail);
    }

    [Fact(Timeout = 120_000)]
    public async Task LoadModel_SecondVariant_ServesUntilUnloaded()
    {
        await using var server = await RunningServer.StartAsync();
        var health = new Health.HealthClient(server.Channel);
        var request = new EmbedRequest { Model = "second", Inputs = { Sentence("a cat"), ImageInput("cat.jpg") } };

        var loaded = await server.Models.LoadModelAsync(
            new LoadModelRequest { Source = "demo", Name = "second" }, Limited());
        var response = await server.Clip.EmbedAsync(request, Limited());

        Assert.Equal(ModelState.Ready, loaded.State);
        Assert.False(loaded.IsDefault);
        Assert.Equal("second", response.Model.Name);
        var check = await health.CheckAsync(new HealthCheckRequest { Service = "model/second" }, Limited());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, check.Status);

        await server.Models.UnloadModelAsync(new UnloadModelRequest { Name = "second" }, Limited());

        var gone = await Assert.ThrowsAsync<RpcException>(async () => await server.Clip.EmbedAsync(request, Limited()));
        Assert.Equal(StatusCode.NotFound, gone.StatusCode);
        var unknown = await Assert.ThrowsAsync<RpcException>(
            async () => await health.CheckAsync(new HealthCheckRequest { Service = "model/second" }, Limited()));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
        request.Model = "";
        Assert.Equal("demo", (await server.Clip.EmbedAsync(request, Limited())).Model.Name);
    }

    [Fact(Timeout = 120_000)]
    public async Task UnloadModel_ReplacedUnderLoad_LosesNoCall()
    {
        const int swaps = 20;
        await using var server = await RunningServer.StartAsync();
        var image = ImageInput("cat.jpg");
        var expected = (await server.Clip.EmbedAsync(new EmbedRequest { Inputs = { image } }, Limited()))
            .Results[0].Embedding.Values;
        var current = "demo";
        using var done = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 4).Select(_ => CallAsync()).ToList();

        for (var swap = 1; swap <= swaps; swap++)
        {
            var (last, next) = (current, $"revision-{swap}");
            await server.Models.LoadModelAsync(new LoadModelRequest { Source = "demo", Name = next }, Limited());
            Volatile.Write(ref current, next);
            if (swap > 1)
                await server.Models.UnloadModelAsync(new UnloadModelRequest { Name = last }, Limited());
        }

        await done.CancelAsync();
        Assert.All(await Task.WhenAll(callers), calls => Assert.True(calls > swaps));

        async Task<int> CallAsync()
        {
            var calls = 0;
            while (!done.IsCancellationRequested)
            {
                var model = Volatile.Read(ref current);
                try
                {
                    var request = new EmbedRequest { Model = model, Inputs = { image } };
                    var response = await server.Clip.EmbedAsync(request, Limited());
                    var values = response.Results[0].Embedding.Values;
                    Assert.All(values.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, tolerance: 1e-5));
                    calls++;
                }
                catch (RpcException exception) when (
                    exception.StatusCode is StatusCode.NotFound or StatusCode.Unavailable
                    && model != Volatile.Read(ref current))
                {
                    // It was unloaded before it accepted the call; the next call goes to its successor.
                }
            }

            return calls;
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("demo", "demo", StatusCode.InvalidArgument, "already")]
    [InlineData("", "x", StatusCode.InvalidArgument, "source: The model has no source")]
    [InlineData("  ", "x", StatusCode.InvalidArgument, "source: The model has no source")]
    [InlineData("demo", "bad name!", StatusCode.InvalidArgument, "name: The model has the name 'bad name!'")]
    [InlineData("./no/such/folder", "x", StatusCode.NotFound, "no/such/folder")]
    public async Task LoadModel_BadRequest_SaysWhatIsWrong(string source, string name, StatusCode status, string word)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await demo.Models.LoadModelAsync(
            new LoadModelRequest { Source = source, Name = name }, Limited()));
        Assert.Equal(status, error.StatusCode);
        Assert.Contains(word, error.Status.Detail);
        Assert.Single((await demo.Models.ListModelsAsync(new ListModelsRequest(), Limited())).Models);
    }

    [Fact(Timeout = 60_000)]
    public async Task LoadModel_UnknownPrecision_IsInvalidNamingTheField()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await demo.Models.LoadModelAsync(
            new LoadModelRequest { Source = "demo", Name = "x", Precision = "fp7" }, Limited()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("precision:", error.Status.Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task UnloadModel_Unknown_IsNotFound()
    {
        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await demo.Models.UnloadModelAsync(new UnloadModelRequest { Name = "nope" }, Limited()));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task Start_WhileTheModelLoads_SaysUnavailableAndNotReady()
    {
        var gate = new TaskCompletionSource();
        await using var server = await RunningServer.StartWithoutModelsAsync(
            customise: builder => builder.Services.Replace(ServiceDescriptor.Singleton<IModelLoader>(
                services => new GatedLoader(ActivatorUtilities.CreateInstance<ModelLoader>(services), gate.Task))));
        var startup = server.App.Services.GetRequiredService<ModelStartup>();

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Clip.EmbedAsync(new EmbedRequest { Inputs = { Sentence("x") } }, Limited()));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("loading", error.Status.Detail);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, (await server.Http.GetAsync("/readyz")).StatusCode);
        Assert.Equal(System.Net.HttpStatusCode.OK, (await server.Http.GetAsync("/healthz")).StatusCode);
        var listed = Assert.Single((await server.Models.ListModelsAsync(new ListModelsRequest(), Limited())).Models);
        Assert.Equal(ModelState.Loading, listed.State);

        gate.SetResult();
        await startup.Loaded.WaitAsync(RunningServer.Limit);

        Assert.Equal(System.Net.HttpStatusCode.OK, (await server.Http.GetAsync("/readyz")).StatusCode);
        Assert.Single(
            (await server.Clip.EmbedAsync(new EmbedRequest { Inputs = { Sentence("x") } }, Limited())).Results);
    }

    [Fact(Timeout = 120_000)]
    public async Task Start_ModelsLoadedByCallsMeanwhile_NeitherTakeItsNamesNorStopIt()
    {
        var gate = new TaskCompletionSource();
        var later = new TaskCompletionSource();
        await using var server = await RunningServer.StartWithoutModelsAsync(
            new() { ["Clip:Models"] = "first=demo;second=demo" },
            builder => builder.Services.Replace(ServiceDescriptor.Singleton<IModelLoader>(
                services => new GatedLoader(
                    ActivatorUtilities.CreateInstance<ModelLoader>(services), gate.Task, ("extra", later.Task)))));
        var startup = server.App.Services.GetRequiredService<ModelStartup>();

        var taken = await Assert.ThrowsAsync<RpcException>(async () => await server.Models.LoadModelAsync(
            new LoadModelRequest { Source = "demo", Name = "second" }, Limited()));
        var extra = server.Models.LoadModelAsync(new LoadModelRequest { Source = "demo", Name = "extra" }, Limited());
        while ((await server.Models.ListModelsAsync(new ListModelsRequest(), Limited())).Models.Count < 3)
            await Task.Yield();
        gate.SetResult();

        await startup.Loaded.WaitAsync(RunningServer.Limit);
        Assert.Equal(StatusCode.InvalidArgument, taken.StatusCode);
        later.SetResult();
        Assert.Equal(ModelState.Ready, (await extra).State);
    }

    [Fact(Timeout = 120_000)]
    public async Task Stop_WhileACallLoadsAModel_AnswersUnavailableAtOnce()
    {
        var never = new TaskCompletionSource();
        await using var server = await RunningServer.StartAsync(
            customise: builder => builder.Services.Replace(ServiceDescriptor.Singleton<IModelLoader>(
                services => new GatedLoader(
                    ActivatorUtilities.CreateInstance<ModelLoader>(services), Task.CompletedTask, ("x", never.Task)))));
        var load = server.Models.LoadModelAsync(new LoadModelRequest { Source = "demo", Name = "x" }, Limited());
        while ((await server.Models.ListModelsAsync(new ListModelsRequest(), Limited())).Models.Count < 2)
            await Task.Yield();

        var stopping = server.App.StopAsync();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await load);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        await stopping.WaitAsync(RunningServer.Limit);
    }

    [Fact(Timeout = 60_000)]
    public async Task LoadModel_FifoInTheFolder_IsRefusedAtOnce()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kind of a file is asked for on Linux.");
        using var folder = new TemporaryFolder();
        TinyCheckpoint.WriteOpenClipConfig(folder);
        UnixFiles.CreateFifo(folder.PathOf("open_clip_model.safetensors"));

        var error = await Assert.ThrowsAsync<RpcException>(async () => await demo.Models.LoadModelAsync(
            new LoadModelRequest { Source = folder.Path, Name = "fifo" }, Limited()));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("open_clip_model.safetensors: this is a FIFO", error.Status.Detail, StringComparison.Ordinal);
        var left = await demo.Models.ListModelsAsync(new ListModelsRequest(), Limited());
        Assert.DoesNotContain(left.Models, model => model.Name == "fifo");
    }

    [Fact(Timeout = 120_000)]
    public async Task LoadModel_FileSystemDoesNotRespond_IsGivenUpByItsCallAndByTheShutdown()
    {
        using var opener = new HangingOpener();
        await using var server = await RunningServer.StartAsync(customise: builder =>
            builder.Services.Replace(ServiceDescriptor.Singleton<IModelOpener>(services =>
            {
                opener.Inner = ActivatorUtilities.CreateInstance<ModelOpener>(services);
                return opener;
            })));
        opener.Hang();
        using var left = new CancellationTokenSource();
        var first = server.Models.LoadModelAsync(
            new LoadModelRequest { Source = "demo", Name = "x" }, Limited(token: left.Token));
        await opener.Waits.WaitAsync(RunningServer.Limit);

        await left.CancelAsync();
        Assert.Equal(
            StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await first)).StatusCode);
        while ((await server.Models.ListModelsAsync(new ListModelsRequest(), Limited())).Models.Count > 1)
            await Task.Yield();

        // Its name is free again, and the next load that hangs does not hold up the end of the server.
        var second = server.Models.LoadModelAsync(new LoadModelRequest { Source = "demo", Name = "x" }, Limited());
        while ((await server.Models.ListModelsAsync(new ListModelsRequest(), Limited())).Models.Count < 2)
            await Task.Yield();
        var stopping = server.App.StopAsync();
        Assert.Equal(
            StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await second)).StatusCode);
        await stopping.WaitAsync(RunningServer.Limit);
    }

    [Fact(Timeout = 60_000)]
    public async Task UnloadModel_DefaultDrains_TheNextModelIsTheDefault()
    {
        await using var server = await GatedServer.StartAsync(new() { ["Clip:Models"] = "a=demo;b=demo" });
        var held = await server.HoldDeviceAsync();
        var unload = server.Server.Models.UnloadModelAsync(new UnloadModelRequest { Name = "a" }, Limited())
            .ResponseAsync;
        await NotServingAsync(server.Server.Channel, "model/a");

        var entry = await server.Server.Models.GetModelAsync(new GetModelRequest(), Limited());
        var call = server.Clip.EmbedAsync(new EmbedRequest { Inputs = { Sentence("no model named") } }, Limited())
            .ResponseAsync;
        server.Encoders.Open();

        Assert.Equal("b", entry.Name);
        Assert.True(entry.IsDefault);
        Assert.Equal("b", (await call).Model.Name);
        Assert.Equal("a", (await held).Model.Name);
        await unload;
    }

    private static async Task NotServingAsync(ChannelBase channel, string service)
    {
        using var watch = new Health.HealthClient(channel).Watch(
            new HealthCheckRequest { Service = service }, Limited());
        while (await watch.ResponseStream.MoveNext(CancellationToken.None)
            && watch.ResponseStream.Current.Status == HealthCheckResponse.Types.ServingStatus.Serving)
        {
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task UnloadModel_NoName_IsInvalid()
    {
        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await demo.Models.UnloadModelAsync(new UnloadModelRequest(), Limited()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("name:", error.Status.Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task GetModel_NameOfAMegabyte_IsNotFoundInFewWords()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await demo.Models.GetModelAsync(
            new GetModelRequest { Name = new string('n', 1 << 20) }, Limited()));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Contains("demo", error.Status.Detail);
        Assert.InRange(error.Status.Detail.Length, 1, 300);
    }

    /// <summary>Stands for a file system that keeps whoever reads from it.</summary>
    private sealed class HangingOpener : IModelOpener, IDisposable
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);
        private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IModelOpener? Inner { get; set; }

        public Task Waits => _waits.Task;

        public void Hang() => _open.Reset();

        public ModelFiles Open(string folder, Precision precision)
        {
            if (!_open.IsSet)
                _waits.TrySetResult();
            _open.Wait();
            return Inner!.Open(folder, precision);
        }

        public void Dispose() => _open.Set();
    }

    private sealed class GatedLoader(IModelLoader inner, Task gate, params (string Name, Task Gate)[] gates)
        : IModelLoader
    {
        public async Task<RunningModel> LoadAsync(ModelSpec spec, CancellationToken cancellationToken)
        {
            var own = gates.Where(entry => entry.Name == spec.Name).Select(entry => entry.Gate).FirstOrDefault(gate);
            await own.WaitAsync(cancellationToken);
            return await inner.LoadAsync(spec, cancellationToken);
        }
    }
}
