using System.Net.Sockets;
using System.Text.RegularExpressions;
using ClipGrpc.Server;
using ClipGrpc.Server.Hosting;
using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>The real server on free ports of the loopback interface.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Full-size models, on a machine that does other things too.</summary>
    private static readonly TimeSpan LoadLimit = TimeSpan.FromMinutes(4);

    private readonly GrpcChannel _channel;

    private RunningServer(WebApplication app)
    {
        App = app;
        var addresses = app.Services.GetRequiredService<ListenerAddresses>();
        GrpcAddress = addresses.Grpc;
        Http = new HttpClient { BaseAddress = addresses.Http, Timeout = Limit };
        _channel = Connect(addresses.Grpc);
    }

    public WebApplication App { get; }

    public Uri GrpcAddress { get; }

    public GrpcChannel Channel => _channel;

    public ClipService.ClipServiceClient Clip => new(_channel);

    public ModelService.ModelServiceClient Models => new(_channel);

    public HttpClient Http { get; }

    /// <summary>Starts with the demo model unless the settings name others, and waits until the models serve.</summary>
    public static async Task<RunningServer> StartAsync(
        Dictionary<string, string?>? settings = null, Action<WebApplicationBuilder>? customise = null)
    {
        var server = await StartWithoutModelsAsync(settings, customise);
        await server.App.Services.GetRequiredService<ModelStartup>().Loaded.WaitAsync(LoadLimit);
        return server;
    }

    /// <summary>Starts and returns as soon as the ports are open.</summary>
    public static async Task<RunningServer> StartWithoutModelsAsync(
        Dictionary<string, string?>? settings = null, Action<WebApplicationBuilder>? customise = null)
    {
        var all = new Dictionary<string, string?>
        {
            ["Clip:Server:GrpcPort"] = "0",
            ["Clip:Server:HttpPort"] = "0",
            ["Clip:Access:AnonymousRoles"] = "infer,models:read,models:write,metrics",
            ["Logging:LogLevel:Default"] = "Error",
        };
        foreach (var (key, value) in settings ?? [])
            all[key] = value;

        var app = ServerHost.Build(all, builder =>
        {
            builder.Services.AddSingleton(TextWriter.Null);
            customise?.Invoke(builder);
        });
        await app.StartAsync().WaitAsync(Limit);
        return new RunningServer(app);
    }

    /// <summary>To a port, or to a Unix domain socket: <c>file:///path</c>.</summary>
    public static GrpcChannel Connect(Uri address)
    {
        var options = new GrpcChannelOptions { MaxReceiveMessageSize = 32 << 20, MaxSendMessageSize = 64 << 20 };
        if (!address.IsFile)
            return GrpcChannel.ForAddress(address, options);

        options.HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.LocalPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        options.DisposeHttpClient = true;
        return GrpcChannel.ForAddress("http://localhost", options);
    }

    /// <summary>Calls that have ended so.</summary>
    public async Task<int> CountCallsAsync(string rpc, StatusCode status)
    {
        var name = Regex.Replace(status.ToString(), "(?<=[a-z])(?=[A-Z])", "_").ToUpperInvariant();
        var line = Regex.Match(
            await Http.GetStringAsync("/metrics"),
            $"^clip_requests_total\\{{rpc=\"{rpc}\",status=\"{name}\"\\}} (\\d+)", RegexOptions.Multiline);
        return line.Success ? int.Parse(line.Groups[1].Value) : 0;
    }

    /// <summary>Waits until the server has so many calls open.</summary>
    public async Task WhenOpenAsync(string rpc, int calls = 1)
    {
        while (!(await Http.GetStringAsync("/metrics")).Contains($"clip_active_requests{{rpc=\"{rpc}\"}} {calls}\n"))
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Waits until so many calls have ended so: a passed deadline is sent before its call ends.</summary>
    public async Task WhenCallsAsync(string rpc, StatusCode status, int count)
    {
        while (await CountCallsAsync(rpc, status) != count)
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _channel.Dispose();
        await App.StopAsync().WaitAsync(Limit);
        await App.DisposeAsync();
    }
}
