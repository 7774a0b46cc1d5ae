using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ClipGrpc.FunctionalTests.Hosting;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace ClipGrpc.FunctionalTests.Access;

public sealed class TlsTests : IDisposable
{
    private readonly TestCredentials _credentials = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _credentials.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task OnePort_ServesGrpcAndHttp1ByAlpn()
    {
        var port = FreePort();
        var settings = _credentials.TlsSettings;
        settings["Clip:Server:GrpcPort"] = settings["Clip:Server:HttpPort"] = $"{port}";
        await using var server = await BareServer.StartAsync(Cancelled, settings);
        Assert.Equal(server.GrpcAddress, server.Http.BaseAddress);
        using var handler = _credentials.CreateHandler();
        using var channel = Channel(server, handler);
        using var http = new HttpClient(_credentials.CreateHandler());

        await CheckAsync(channel);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.GrpcAddress, "/healthz"))
        {
            Version = HttpVersion.Version11,
        };
        using var response = await http.SendAsync(request, Cancelled);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version11), (response.StatusCode, response.Version));
    }

    [Fact(Timeout = 60_000)]
    public async Task Handshake_OlderThanTls12_IsRefused()
    {
        await using var server = await BareServer.StartAsync(Cancelled, _credentials.TlsSettings);
#pragma warning disable SYSLIB0039 // it is refused
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(server, SslProtocols.Tls11));
#pragma warning restore SYSLIB0039
        Assert.Equal(SslProtocols.Tls12, (await HandshakeAsync(server, SslProtocols.Tls12)).Protocol);
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_WithoutEncryption_Fails()
    {
        await using var server = await BareServer.StartAsync(Cancelled, _credentials.TlsSettings);
        using var channel = GrpcChannel.ForAddress($"http://localhost:{server.GrpcAddress.Port}");
        await Assert.ThrowsAsync<RpcException>(() => CheckAsync(channel));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("right", true)]
    [InlineData("none", false)]
    [InlineData("other authority", false)]
    [InlineData("for servers", false)]
    public async Task MutualTls_OnlyClientCertificatesOfTheAuthority_GetIn(string kind, bool getsIn)
    {
        var settings = _credentials.TlsSettings;
        settings["Clip:Tls:ClientCa"] = _credentials.CaFile;
        await using var server = await BareServer.StartAsync(Cancelled, settings);
        using var certificate = kind == "none"
            ? null
            : _credentials.ClientCertificate(
                ofOtherAuthority: kind == "other authority", forServers: kind == "for servers");
        using var handler = _credentials.CreateHandler(certificate);
        using var channel = Channel(server, handler);
        if (getsIn)
            await CheckAsync(channel);
        else
            await Assert.ThrowsAsync<RpcException>(() => CheckAsync(channel));
    }

    [Fact(Timeout = 120_000)]
    public async Task Rotation_UnderLoad_FailsNoCallAndIsUsedByNewConnections()
    {
        await using var server = await BareServer.StartAsync(Cancelled, _credentials.TlsSettings);
        using var handler = _credentials.CreateHandler();
        using var channel = Channel(server, handler);
        using var stop = new CancellationTokenSource();
        var calls = 0;
        var load = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var fresh = _credentials.CreateHandler();
                using var freshChannel = Channel(server, fresh);
                await CheckAsync(channel);
                await CheckAsync(freshChannel);
                calls++;
            }
        });
        for (var round = 0; round < 3; round++)
        {
            var serial = _credentials.WriteServerCertificate();
            while ((await HandshakeAsync(server, SslProtocols.None)).Serial != serial)
                Cancelled.ThrowIfCancellationRequested();
        }

        await stop.CancelAsync();
        await load;
        Assert.True(calls > 0);
    }

    [Fact(Timeout = 120_000)]
    public async Task Handshakes_ThatNeverEnd_DoNotHoldUpCallers()
    {
        await using var server = await BareServer.StartAsync(Cancelled, _credentials.TlsSettings);
        var silent = new List<Socket>();
        try
        {
            for (var i = 0; i < 1000; i++)
            {
                silent.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await silent[i].ConnectAsync(IPAddress.Loopback, server.GrpcAddress.Port, Cancelled);
            }

            using var handler = _credentials.CreateHandler();
            using var channel = Channel(server, handler);
            await CheckAsync(channel);
        }
        finally
        {
            silent.ForEach(socket => socket.Dispose());
        }
    }

    private static GrpcChannel Channel(BareServer server, SocketsHttpHandler handler) => GrpcChannel.ForAddress(
        server.GrpcAddress, new GrpcChannelOptions { HttpHandler = handler });

    private static Task CheckAsync(GrpcChannel channel) => new Health.HealthClient(channel).CheckAsync(
        new HealthCheckRequest { Service = "clipgrpc.v1.ModelService" }, cancellationToken: Cancelled).ResponseAsync;

    private async Task<(SslProtocols Protocol, string Serial)> HandshakeAsync(BareServer server, SslProtocols protocols)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, server.GrpcAddress.Port, Cancelled);
        await using var ssl = new SslStream(
            tcp.GetStream(), false, (_, certificate, _, _) => _credentials.IsIssuedHere(certificate));
        await ssl.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = protocols },
            Cancelled);
        return (ssl.SslProtocol, ((X509Certificate2)ssl.RemoteCertificate!).SerialNumber);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
