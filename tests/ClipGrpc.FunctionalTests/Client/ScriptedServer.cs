using System.Collections.Concurrent;
using System.Net;
using ClipGrpc.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>
/// A real Kestrel with scripted services: what they answer is set by the test, and each call is kept.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly WebApplication _app;
    private readonly ConcurrentBag<ConnectionContext> _connections;

    private ScriptedServer(
        WebApplication app,
        ConcurrentBag<ConnectionContext> connections,
        ScriptedClipService clip,
        ScriptedModelService models,
        CallLog log)
    {
        _app = app;
        _connections = connections;
        Clip = clip;
        Models = models;
        Log = log;
    }

    public ScriptedClipService Clip { get; }

    public ScriptedModelService Models { get; }

    public CallLog Log { get; }

    public ScriptedHealth Health { get; private init; } = new();

    public string Address => _app.Services.GetRequiredService<IServer>().Features
        .Get<IServerAddressesFeature>()!.Addresses.Single();

    public static async Task<ScriptedServer> StartAsync()
    {
        var (clip, models, log, health) =
            (new ScriptedClipService(), new ScriptedModelService(), new CallLog(), new ScriptedHealth());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var connections = new ConcurrentBag<ConnectionContext>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.Use(next => connection =>
            {
                connections.Add(connection);
                return next(connection);
            });
        }));
        builder.Services.AddSingleton(clip).AddSingleton(models).AddSingleton(log).AddSingleton(health);
        builder.Services.AddGrpc(grpc =>
        {
            grpc.Interceptors.Add<CallLog>();
            grpc.MaxReceiveMessageSize = 64 * 1024 * 1024;
        });
        var app = builder.Build();
        app.MapGrpcService<ScriptedClipService>();
        app.MapGrpcService<ScriptedModelService>();
        app.MapGrpcService<ScriptedHealth>();
        await app.StartAsync().WaitAsync(Patience);
        return new ScriptedServer(app, connections, clip, models, log) { Health = health };
    }

    public ClipClient CreateClient(Action<ClipClientOptions>? configure = null) =>
        ClipClient.ForAddress(Address, options =>
        {
            options.InitialBackoff = TimeSpan.FromMilliseconds(1);
            options.MaxBackoff = TimeSpan.FromMilliseconds(5);
            configure?.Invoke(options);
        });

    /// <summary>Ends every connection, as a restart of the server does.</summary>
    public void AbortConnections()
    {
        foreach (var connection in _connections)
            connection.Abort();
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
