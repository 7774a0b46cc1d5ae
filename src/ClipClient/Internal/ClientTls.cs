using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Client.Internal;

/// <summary>Makes the handshake's options of <see cref="ClipClientTlsOptions"/>, and reads their files.</summary>
internal static class ClientTls
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <exception cref="OptionsValidationException">A file cannot be read, or is not what it should be.</exception>
    public static SslClientAuthenticationOptions Create(ClipClientTlsOptions tls)
    {
        var ssl = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = CreateChainPolicy(tls),
        };
        if (tls.HasCertificate)
            ssl.ClientCertificateContext = CreateCertificate(tls);
        return ssl;
    }

    // The platform's own check stays in charge, of names as well; only the roots are others.
    private static X509ChainPolicy? CreateChainPolicy(ClipClientTlsOptions tls)
    {
        if (!tls.HasCa)
            return null;

        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // A request to an issuer would be traffic to a host that is not configured here.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        policy.CustomTrustStore.AddRange(tls.CaCertificates);
        if (tls.CaFile is { } file)
            policy.CustomTrustStore.AddRange(Read(nameof(tls.CaFile), () => ReadAuthorities(file)));
        return policy;
    }

    private static X509Certificate2Collection ReadAuthorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities.Count > 0
            ? authorities
            : throw new CryptographicException($"{file} has no certificate in PEM form.");
    }

    private static SslStreamCertificateContext CreateCertificate(ClipClientTlsOptions tls) =>
        tls.CertificateFile is { } file
            ? Read(nameof(tls.CertificateFile), () => ReadCertificate(file, tls.KeyFile))
            : SslStreamCertificateContext.Create(tls.Certificate!, null, offline: true);

    private static SslStreamCertificateContext ReadCertificate(string file, string? keyFile)
    {
        var certificate = X509Certificate2.CreateFromPemFile(file, keyFile);
        if (OperatingSystem.IsWindows())
        {
            // Its TLS cannot use a private key that exists in memory only.
            using var inMemory = certificate;
#if NET9_0_OR_GREATER
            certificate = X509CertificateLoader.LoadPkcs12(inMemory.Export(X509ContentType.Pkcs12), null);
#else
            certificate = new X509Certificate2(inMemory.Export(X509ContentType.Pkcs12));
#endif
        }

        var others = new X509Certificate2Collection();
        others.ImportFromPemFile(file);
        return SslStreamCertificateContext.Create(certificate, others, offline: true);
    }

    private static T Read<T>(string option, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new OptionsValidationException(
                nameof(ClipClientOptions), typeof(ClipClientOptions), [$"Tls.{option}: {exception.Message}"]);
        }
    }
}
