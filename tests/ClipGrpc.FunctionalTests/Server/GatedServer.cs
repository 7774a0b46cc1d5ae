using ClipGrpc.Models.Catalog;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving.Batching;
using ClipGrpc.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>A server with the demo model whose device the test holds in its hand.</summary>
internal sealed class GatedServer : IAsyncDisposable
{
    /// <summary>The text that <see cref="HoldDeviceAsync"/> sends.</summary>
    public const string HeldText = "stands before the gate";

    private readonly int _warmUpItems;

    private GatedServer(RunningServer server)
    {
        Server = server;
        Encoders = (GatedEncoders)server.App.Services.GetRequiredService<IModelOpener>();
        Probe = (QueueProbe)server.App.Services.GetRequiredService<IBatchObserver>();
        _warmUpItems = Encoders.Items;
    }

    public RunningServer Server { get; }

    public ClipService.ClipServiceClient Clip => Server.Clip;

    public GatedEncoders Encoders { get; }

    public QueueProbe Probe { get; }

    /// <summary>Inputs that went through an encoder since the start.</summary>
    public int ItemsRun => Encoders.Items - _warmUpItems;

    public static async Task<GatedServer> StartAsync(
        Dictionary<string, string?>? settings = null, Action<WebApplicationBuilder>? customise = null)
    {
        var server = await RunningServer.StartAsync(settings, builder =>
        {
            builder.Services.Replace(ServiceDescriptor.Singleton<IModelOpener>(
                services => new GatedEncoders(ActivatorUtilities.CreateInstance<ModelOpener>(services))));
            builder.Services.Replace(ServiceDescriptor.Singleton<IBatchObserver>(services => new QueueProbe(
                ActivatorUtilities.CreateInstance<MetricsBatchObserver>(services))));
            customise?.Invoke(builder);
        });
        return new GatedServer(server);
    }

    /// <summary>
    /// Closes the gate and sends one text, which then waits on the device: all other requests wait behind it.
    /// </summary>
    public async Task<Task<EmbedResponse>> HoldDeviceAsync()
    {
        Encoders.Close();
        var started = Probe.Started;
        var call = Clip.EmbedAsync(
            new EmbedRequest { Inputs = { Sentence(HeldText) } }, Limited()).ResponseAsync;
        await Probe.WhenAsync(probe => probe.Started == started + 1);
        return call;
    }

    public async ValueTask DisposeAsync()
    {
        Encoders.Open();
        await Server.DisposeAsync();
    }
}
