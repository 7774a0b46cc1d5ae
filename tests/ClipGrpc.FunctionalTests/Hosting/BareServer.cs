using ClipGrpc.Server;
using ClipGrpc.Server.Health;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Models;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ClipGrpc.FunctionalTests.Hosting;

/// <summary>The host on free ports, without models and their say in readiness, with what a test adds to it.</summary>
internal sealed class BareServer : IAsyncDisposable
{
    private BareServer(WebApplication app)
    {
        App = app;
        var addresses = app.Services.GetRequiredService<ListenerAddresses>();
        Http = new HttpClient { BaseAddress = addresses.Http };
        GrpcAddress = addresses.Grpc;
        Channel = GrpcChannel.ForAddress(addresses.Grpc, new GrpcChannelOptions
        {
            MaxSendMessageSize = null,
            MaxReceiveMessageSize = null,
        });
    }

    public WebApplication App { get; }

    public HttpClient Http { get; }

    public Uri GrpcAddress { get; }

    public GrpcChannel Channel { get; }

    public static async Task<BareServer> StartAsync(
        CancellationToken cancellationToken, Dictionary<string, string?>? settings = null,
        Action<WebApplicationBuilder>? customise = null, Action<WebApplication>? map = null)
    {
        var all = new Dictionary<string, string?> { ["Clip:Server:GrpcPort"] = "0", ["Clip:Server:HttpPort"] = "0" };
        all["Logging:LogLevel:Default"] = "Error";
        foreach (var (key, value) in settings ?? [])
            all[key] = value;

        var app = ServerHost.Build(all, builder =>
        {
            builder.Services.RemoveAll<IReadiness>().RemoveAll<ILiveness>();
            builder.Services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<DrainState>());
            builder.Services.Replace(ServiceDescriptor.Singleton<IModelLoader, EndlessLoader>());
            customise?.Invoke(builder);
        });
        map?.Invoke(app);
        await app.StartAsync(cancellationToken);
        return new BareServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        Http.Dispose();
        await App.DisposeAsync();
    }
}
