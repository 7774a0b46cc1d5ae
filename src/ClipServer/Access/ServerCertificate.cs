using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ClipGrpc.Server.Telemetry;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Access;

/// <summary>The server's certificate and the authorities of clients, as their files have them now.</summary>
internal sealed class ServerCertificate : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static readonly TimeSpan ExpiryNotice = TimeSpan.FromDays(14);

    private readonly ClipMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReloadedFile<SslStreamCertificateContext> _certificate;
    private readonly ReloadedFile<X509Certificate2Collection>? _clientCa;

    /// <exception cref="ClipException">A file cannot be read.</exception>
    public ServerCertificate(
        IOptions<TlsOptions> tls, IOptions<AccessOptions> access, ClipMetrics metrics, TimeProvider time,
        ILogger<ServerCertificate> logger)
    {
        _metrics = metrics;
        _time = time;
        _logger = logger;
        var interval = access.Value.ReloadInterval;
        _certificate = new ReloadedFile<SslStreamCertificateContext>(
            "TLS certificate", [tls.Value.Certificate!, tls.Value.Key!], ReadCertificate, interval, time, logger, Note);
        Note(_certificate.Value);
        if (tls.Value.ClientCa is { } clientCa)
        {
            _clientCa = new ReloadedFile<X509Certificate2Collection>(
                "Client CA", [clientCa], files => ReadAuthorities(files[0]), interval, time, logger);
        }
    }

    public SslStreamCertificateContext Context => _certificate.Value;

    public bool HasClientCa => _clientCa is not null;

    /// <summary>Whether a client certificate is one of the authorities' and meant for clients.</summary>
    public bool Accepts(X509Certificate2 certificate, X509Chain? presented)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_clientCa!.Value);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // asking would be outgoing traffic
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        foreach (var element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build(certificate);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _clientCa?.Dispose();
    }

    private void Note(SslStreamCertificateContext context)
    {
        var certificate = context.TargetCertificate;
        DateTimeOffset expiry = certificate.NotAfter.ToUniversalTime();
        _metrics.CertificateExpiry.Set(expiry.ToUnixTimeSeconds());
        if (expiry - _time.GetUtcNow() < ExpiryNotice)
            _logger.CertificateExpires(certificate.Subject, expiry);
    }

    private static SslStreamCertificateContext ReadCertificate(IReadOnlyList<byte[]> files)
    {
        var pem = Encoding.UTF8.GetString(files[0]);
        var certificate = X509Certificate2.CreateFromPem(pem, Encoding.UTF8.GetString(files[1]));
        if (!IsForServers(certificate))
        {
            throw new ClipException(
                ClipErrorReason.InvalidSetting,
                $"the certificate {certificate.Subject} is not for servers: its extended key usage lacks server "
                + "authentication.");
        }

        var others = new X509Certificate2Collection();
        others.ImportFromPem(pem);
        return SslStreamCertificateContext.Create(certificate, others, offline: true);
    }

    // One without the extension is for everything.
    private static bool IsForServers(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().All(
            usage => usage.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value == ServerAuthentication));

    private static X509Certificate2Collection ReadAuthorities(byte[] file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(Encoding.UTF8.GetString(file));
        return authorities.Count > 0
            ? authorities
            : throw new ClipException(ClipErrorReason.InvalidSetting, "there is no certificate in it.");
    }
}
