using ClipGrpc.Server.Hosting;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ClipGrpc.Tests.Hosting;

/// <summary>The server's host on free ports, with what a test adds to it.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private RunningServer(WebApplication app)
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

    public static async Task<RunningServer> StartAsync(
        CancellationToken cancellationToken, Dictionary<string, string?>? settings = null,
        Action<WebApplicationBuilder>? customise = null, Action<WebApplication>? map = null)
    {
        var all = new Dictionary<string, string?> { ["Clip:Server:GrpcPort"] = "0", ["Clip:Server:HttpPort"] = "0" };
        foreach (var (key, value) in settings ?? [])
            all[key] = value;

        var app = ServerHost.Build(all, customise);
        map?.Invoke(app);
        await app.StartAsync(cancellationToken);
        return new RunningServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        Http.Dispose();
        await App.DisposeAsync();
    }
}
