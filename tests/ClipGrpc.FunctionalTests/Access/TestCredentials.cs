using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using ClipGrpc.TestSupport;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ClipGrpc.FunctionalTests.Access;

/// <summary>Keys, tokens and certificates of a test, in a folder of their own.</summary>
internal sealed class TestCredentials : IDisposable
{
    public const string InferKey = "key-for-inference";
    public const string AdminKey = "key-for-admins";
    public const string MetricsKey = "key-for-metrics";

    private const string Issuer = "https://issuer.example";
    private const string Audience = "clip";
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly TemporaryFolder _folder = new();
    private readonly RSA _tokenKey = RSA.Create(2048);
    private readonly RSA _caKey = RSA.Create(2048);
    private readonly X509Certificate2 _ca;

    public TestCredentials()
    {
        _ca = CreateAuthority("Test CA", _caKey);
        WriteServerCertificate();
        File.WriteAllText(CaFile, _ca.ExportCertificatePem());
        WriteKeys(
            Line("inference", InferKey, "roles=infer"), Line("admins", AdminKey, "roles=models:write,models:read"),
            Line("metrics", MetricsKey, "roles=metrics"));
        File.WriteAllText(JwksFile, Jwks(_tokenKey, "k1"));
    }

    public string CaFile => Path.Combine(_folder.Path, "ca.crt");

    public string CertificateFile => Path.Combine(_folder.Path, "tls.crt");

    public string KeyFile => Path.Combine(_folder.Path, "tls.key");

    /// <summary>A client's certificate and key, as <see cref="WriteClientCertificate"/> wrote them.</summary>
    public string ClientCertificateFile => Path.Combine(_folder.Path, "client.crt");

    public string ClientKeyFile => Path.Combine(_folder.Path, "client.key");

    /// <summary>Between the root and the certificate of <see cref="WriteServerCertificateChain"/>.</summary>
    public string IntermediateFile => Path.Combine(_folder.Path, "intermediate.crt");

    public string SocketFile => Path.Combine(_folder.Path, "clip.sock");

    public Dictionary<string, string?> AccessSettings => new()
    {
        ["Clip:Access:ApiKeysFile"] = KeysFile,
        ["Clip:Access:AnonymousRoles"] = "none",
        ["Clip:Access:ReloadInterval"] = "100ms",
        ["Clip:Jwt:test:Issuer"] = Issuer,
        ["Clip:Jwt:test:Audience"] = Audience,
        ["Clip:Jwt:test:Jwks"] = JwksFile,
    };

    public Dictionary<string, string?> TlsSettings => new()
    {
        ["Clip:Tls:Certificate"] = CertificateFile,
        ["Clip:Tls:Key"] = KeyFile,
        ["Clip:Access:ReloadInterval"] = "100ms",
    };

    /// <summary>The public half of the key of tokens, as a JWKS.</summary>
    public string OwnJwks => Jwks(_tokenKey, "k1");

    private string KeysFile => Path.Combine(_folder.Path, "keys");

    private string JwksFile => Path.Combine(_folder.Path, "jwks.json");

    public static string Line(string name, string key, string settings) =>
        $"{name}: sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))} {settings}";

    /// <summary>A JWKS with the public half of one key.</summary>
    public static string Jwks(RSA key, string id)
    {
        var jwk = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(key.ExportParameters(false)));
        return JsonSerializer.Serialize(new { keys = new[] { new { kty = jwk.Kty, kid = id, n = jwk.N, e = jwk.E } } });
    }

    public void WriteKeys(params string[] lines) => File.WriteAllLines(KeysFile, lines);

    public string Token(
        string roles, TimeSpan? expires = null, string audience = Audience, string issuer = Issuer, RSA? key = null,
        string keyId = "k1")
    {
        var end = TimeProvider.System.GetUtcNow().UtcDateTime + (expires ?? TimeSpan.FromHours(1));
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            NotBefore = end - TimeSpan.FromHours(2),
            Expires = end,
            Claims = new Dictionary<string, object> { ["sub"] = "somebody", ["roles"] = roles.Split(',') },
            SigningCredentials = new SigningCredentials(
                new RsaSecurityKey(key ?? _tokenKey) { KeyId = keyId }, SecurityAlgorithms.RsaSha256),
        };
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    /// <summary>Replaces the server's certificate, the certificate before its key.</summary>
    /// <returns>Its serial number.</returns>
    public string WriteServerCertificate(string host = "localhost", int days = 30)
    {
        using var key = RSA.Create(2048);
        using var certificate = Issue($"CN={host}", key, ServerUsage, _ca, Names(host), days);
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        return certificate.SerialNumber;
    }

    /// <summary>A certificate of the server that an intermediate authority issued, which its file holds too.</summary>
    public void WriteServerCertificateChain()
    {
        using var intermediateKey = RSA.Create(2048);
        var request = new CertificateRequest(
            "CN=Intermediate", intermediateKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var issued = Sign(request, _ca, days: 40);
        using var intermediate = issued.CopyWithPrivateKey(intermediateKey);
        using var key = RSA.Create(2048);
        using var certificate = Issue("CN=localhost", key, ServerUsage, intermediate, Names("localhost"));
        File.WriteAllText(IntermediateFile, issued.ExportCertificatePem());
        File.WriteAllText(
            CertificateFile, $"{certificate.ExportCertificatePem()}\n{issued.ExportCertificatePem()}");
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>An authority that issued nothing here.</summary>
    /// <returns>Its file.</returns>
    public string WriteOtherAuthority()
    {
        using var key = RSA.Create(2048);
        using var other = CreateAuthority("Other CA", key);
        var file = Path.Combine(_folder.Path, "other-ca.crt");
        File.WriteAllText(file, other.ExportCertificatePem());
        return file;
    }

    public void WriteClientCertificate(bool ofOtherAuthority = false)
    {
        using var certificate = ClientCertificate(ofOtherAuthority);
        File.WriteAllText(ClientCertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(ClientKeyFile, certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A certificate for a client, of this authority or of another one.</summary>
    public X509Certificate2 ClientCertificate(bool ofOtherAuthority = false, bool forServers = false)
    {
        using var key = RSA.Create(2048);
        using var otherKey = ofOtherAuthority ? RSA.Create(2048) : null;
        using var other = otherKey is null ? null : CreateAuthority("Other CA", otherKey);
        using var certificate = Issue("CN=client", key, forServers ? ServerUsage : ClientUsage, other ?? _ca);
        using var withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(
            withKey.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }

    /// <summary>Trusts this authority and no other.</summary>
    public SocketsHttpHandler CreateHandler(X509Certificate2? client = null)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => IsIssuedHere(certificate);
        if (client is not null)
            handler.SslOptions.ClientCertificates = [client];
        return handler;
    }

    public bool IsIssuedHere(X509Certificate? certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_ca);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return certificate is X509Certificate2 given && chain.Build(given);
    }

    public void Dispose()
    {
        _ca.Dispose();
        _caKey.Dispose();
        _tokenKey.Dispose();
        _folder.Dispose();
    }

    private static X509Certificate2 Issue(
        string subject, RSA key, string usage, X509Certificate2 authority,
        SubjectAlternativeNameBuilder? names = null, int days = 30)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        if (names is not null)
            request.CertificateExtensions.Add(names.Build());
        return Sign(request, authority, days);
    }

    private static X509Certificate2 Sign(CertificateRequest request, X509Certificate2 authority, int days)
    {
        var now = TimeProvider.System.GetUtcNow();
        return request.Create(authority, now.AddHours(-1), now.AddDays(days), RandomNumberGenerator.GetBytes(8));
    }

    private static SubjectAlternativeNameBuilder Names(string host)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        if (host == "localhost")
            names.AddIpAddress(IPAddress.Loopback);
        return names;
    }

    private static X509Certificate2 CreateAuthority(string name, RSA key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(60));
    }
}
