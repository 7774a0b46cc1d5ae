using System.Net;
using ClipGrpc.Server;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Serving.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>The servers that are measured, on free ports.</summary>
internal static class MeasuredHost
{
    /// <summary>Starts, waits until it serves, and says where.</summary>
    public static async Task<(WebApplication App, ServerAddresses Addresses)> StartAsync(
        ServerKind kind, IReadOnlyDictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        if (kind == ServerKind.Echo)
            return await StartEchoAsync(cancellationToken);

        var all = new Dictionary<string, string?>(settings)
        {
            ["Clip:Server:GrpcPort"] = "0",
            ["Clip:Server:HttpPort"] = "0",
            ["Logging:LogLevel:Default"] = "Warning",
            ["Logging:Console:LogToStandardErrorThreshold"] = "Trace", // stdout tells the address
        };
        var app = ServerHost.Build(all, builder =>
        {
            builder.Services.AddSingleton(TextWriter.Null); // no start-up screen
            if (kind == ServerKind.Empty)
                builder.Services.AddSingleton<IModelLoader, EmptyModelLoader>();
        });
        await app.StartAsync(cancellationToken);
        await app.Services.GetRequiredService<ModelStartup>().Loaded.WaitAsync(cancellationToken);
        var addresses = app.Services.GetRequiredService<ListenerAddresses>();
        return (app, new ServerAddresses(addresses.Grpc, addresses.Http));
    }

    private static async Task<(WebApplication App, ServerAddresses Addresses)> StartEchoAsync(
        CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<EchoService>();
        var app = builder.Build();
        app.MapGrpcService<EchoService>();
        await app.StartAsync(cancellationToken);
        return (app, new ServerAddresses(new Uri(app.Urls.First()), Http: null));
    }
}
