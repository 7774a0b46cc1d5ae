using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ClipGrpc.FunctionalTests.Hosting;
using ClipGrpc.FunctionalTests.Server;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace ClipGrpc.FunctionalTests.Access;

public sealed class TlsTests : IDisposable
{
    private const int AlertRecord = 0x15;
    private const int HandshakeRecord = 0x16;
    private const int HandshakeFailureAlert = 40;
    private const int ProtocolVersionAlert = 70;

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

    // Written byte by byte: the libraries of this side refuse such protocols before they send anything.
    [Theory(Timeout = 60_000)]
    [InlineData(0x0300, HandshakeFailureAlert)]
    [InlineData(0x0301, ProtocolVersionAlert)]
    [InlineData(0x0302, ProtocolVersionAlert)]
    [InlineData(0x0303, null)]
    public async Task Handshake_OlderThanTls12_IsRefusedByTheServer(int version, int? alert)
    {
        await using var server = await BareServer.StartAsync(Cancelled, _credentials.TlsSettings);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, server.GrpcAddress.Port, Cancelled);
        await tcp.GetStream().WriteAsync(ClientHello(version), Cancelled);

        var record = new byte[7]; // type, version, length, and the first two bytes of the content
        await tcp.GetStream().ReadExactlyAsync(record, Cancelled);

        Assert.Equal(alert is null ? HandshakeRecord : AlertRecord, record[0]);
        if (alert is { } expected)
            Assert.Equal(expected, record[6]);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("15030100020228")] // an alert, as of a client that found no common protocol by itself
    [InlineData("17030300020000")] // application data
    [InlineData("16030100020100")] // a hello that is cut short
    [InlineData("474554202f20485454502f312e310d0a0d0a")] // HTTP/1.1
    [InlineData("505249202a20485454502f322e300d0a0d0a534d0d0a0d0a")] // HTTP/2
    public async Task Handshake_BeginsWithSomethingElse_EndsWithoutAnErrorInTheLog(string bytes)
    {
        var log = new LogRecorder();
        var settings = _credentials.TlsSettings;
        settings["Logging:LogLevel:Default"] = "Warning";
        await using var server = await BareServer.StartAsync(
            Cancelled, settings, builder => builder.Logging.AddProvider(log));
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, server.GrpcAddress.Port, Cancelled);
        var stream = tcp.GetStream();
        await stream.WriteAsync(Convert.FromHexString(bytes), Cancelled);
        tcp.Client.Shutdown(SocketShutdown.Send);
        try
        {
            while (await stream.ReadAsync(new byte[64], Cancelled) > 0)
            {
            }
        }
        catch (IOException)
        {
            // A reset ends the connection too.
        }

        using var handler = _credentials.CreateHandler();
        using var channel = Channel(server, handler);
        await CheckAsync(channel);
        await server.App.StopAsync(Cancelled);
        Assert.DoesNotContain(log.Records, record => record.Level >= LogLevel.Error);
    }

    [Fact(Timeout = 60_000)]
    public async Task Start_CertificateForClients_IsRefused()
    {
        using var certificate = _credentials.ClientCertificate();
        await File.WriteAllTextAsync(_credentials.CertificateFile, certificate.ExportCertificatePem(), Cancelled);
        await File.WriteAllTextAsync(
            _credentials.KeyFile, certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem(), Cancelled);

        var exception = await Assert.ThrowsAnyAsync<ClipException>(
            () => BareServer.StartAsync(Cancelled, _credentials.TlsSettings));

        Assert.Contains("is not for servers", exception.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task Expiry_IsAMetricAndSoonExpiringCertificatesAreLogged()
    {
        var log = new LogRecorder();
        var settings = _credentials.TlsSettings;
        settings["Clip:Tls:Http"] = "false";
        settings["Logging:LogLevel:Default"] = "Warning";
        _credentials.WriteServerCertificate(days: 3);
        await using var server = await BareServer.StartAsync(
            Cancelled, settings, builder => builder.Logging.AddProvider(log));
        using var soon = X509CertificateLoader.LoadCertificateFromFile(_credentials.CertificateFile);

        Assert.Contains(
            $"clip_certificate_expiry_timestamp_seconds {ExpiryOf(soon)}\n",
            await server.Http.GetStringAsync("/metrics", Cancelled));
        Assert.Single(log.Records, record => record.Text.Contains("expires at"));

        var serial = _credentials.WriteServerCertificate();
        while ((await HandshakeAsync(server)).Serial != serial)
            Cancelled.ThrowIfCancellationRequested();
        using var later = X509CertificateLoader.LoadCertificateFromFile(_credentials.CertificateFile);
        var line = $"clip_certificate_expiry_timestamp_seconds {ExpiryOf(later)}\n";
        while (!(await server.Http.GetStringAsync("/metrics", Cancelled)).Contains(line))
            Cancelled.ThrowIfCancellationRequested();
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
            while ((await HandshakeAsync(server)).Serial != serial)
                Cancelled.ThrowIfCancellationRequested();
        }

        await stop.CancelAsync();
        await load;
        Assert.True(calls > 0);
    }

    // Nothing at all, and a hello whose answer is never taken further.
    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Handshakes_ThatNeverEnd_DoNotHoldUpCallers(bool withHello)
    {
        await using var server = await BareServer.StartAsync(Cancelled, _credentials.TlsSettings);
        var hello = ClientHello(0x0303);
        var open = new List<Socket>();
        try
        {
            for (var i = 0; i < 1000; i++)
            {
                open.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await open[i].ConnectAsync(IPAddress.Loopback, server.GrpcAddress.Port, Cancelled);
                if (withHello)
                    await open[i].SendAsync(hello, Cancelled);
            }

            using var handler = _credentials.CreateHandler();
            using var channel = Channel(server, handler);
            await CheckAsync(channel);
        }
        finally
        {
            open.ForEach(socket => socket.Dispose());
        }
    }

    private static GrpcChannel Channel(BareServer server, SocketsHttpHandler handler) => GrpcChannel.ForAddress(
        server.GrpcAddress, new GrpcChannelOptions { HttpHandler = handler });

    private static Task CheckAsync(GrpcChannel channel) => new Health.HealthClient(channel).CheckAsync(
        new HealthCheckRequest { Service = "clipgrpc.v1.ModelService" }, cancellationToken: Cancelled).ResponseAsync;

    private static long ExpiryOf(X509Certificate2 certificate) =>
        new DateTimeOffset(certificate.NotAfter.ToUniversalTime()).ToUnixTimeSeconds();

    /// <summary>The first record of a client that speaks nothing newer than a version.</summary>
    private static byte[] ClientHello(int version)
    {
        byte[] suites = [0xc0, 0x2f, 0xc0, 0x13, 0x00, 0x2f]; // ECDHE-RSA with AES-GCM and AES-CBC, RSA with AES-CBC
        byte[] groups = [0x00, 0x0a, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17]; // P-256
        byte[] signatures = [0x00, 0x0d, 0x00, 0x06, 0x00, 0x04, 0x04, 0x01, 0x02, 0x01]; // RSA with SHA-256, SHA-1
        byte[] body =
        [
            (byte)(version >> 8), (byte)version, .. new byte[32], 0,
            0, (byte)suites.Length, .. suites, 1, 0,
            0, (byte)(groups.Length + signatures.Length), .. groups, .. signatures,
        ];
        byte[] handshake = [1, 0, 0, (byte)body.Length, .. body];
        return [HandshakeRecord, 3, 1, 0, (byte)handshake.Length, .. handshake];
    }

    private async Task<(SslProtocols Protocol, string Serial)> HandshakeAsync(BareServer server)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, server.GrpcAddress.Port, Cancelled);
        await using var ssl = new SslStream(
            tcp.GetStream(), false, (_, certificate, _, _) => _credentials.IsIssuedHere(certificate));
        await ssl.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost" }, Cancelled);
        return (ssl.SslProtocol, ((X509Certificate2)ssl.RemoteCertificate!).SerialNumber);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
