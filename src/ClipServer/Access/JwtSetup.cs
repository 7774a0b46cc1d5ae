using System.Text;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace ClipGrpc.Server.Access;

/// <summary>One JwtBearer scheme per issuer.</summary>
internal sealed class JwtSetup(
    IOptions<JwtOptions> jwt, IOptions<AccessOptions> access, TimeProvider time, ILogger<JwtSetup> logger)
    : IConfigureNamedOptions<JwtBearerOptions>, IDisposable
{
    /// <summary>Signatures by private keys only: a shared secret would let any verifier make tokens.</summary>
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Callers whose tokens wait for the keys of an issuer must not wait for long.</summary>
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(10);

    private readonly List<IDisposable> _files = [];
    private readonly HttpClient _client = new() { Timeout = FetchTimeout, MaxResponseContentBufferSize = 4 << 20 };

    public void Configure(JwtBearerOptions options) => throw new NotSupportedException("Every scheme has a name.");

    public void Configure(string? name, JwtBearerOptions options)
    {
        if (jwt.Value.Issuers.FirstOrDefault(issuer => issuer.Name == name) is not { } issuer)
            return;

        options.MapInboundClaims = false;
        options.TimeProvider = time;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = issuer.Issuer,
            ValidAudience = issuer.Audience,
            ValidAlgorithms = Algorithms,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ClockSkew = issuer.ClockSkew,
            LifetimeValidator = (notBefore, expires, _, parameters) => IsNow(notBefore, expires, parameters.ClockSkew),
        };
        if (issuer.JwksUrl is { } url)
        {
            options.ConfigurationManager = new ConfigurationManager<OpenIdConnectConfiguration>(
                url.AbsoluteUri, new JwksRetriever(),
                new HttpDocumentRetriever(_client) { RequireHttps = !url.IsLoopback });
            return;
        }

        var file = new ReloadedFile<JsonWebKeySet>(
            $"JWKS of {issuer.Name}", [issuer.Jwks], files => ReadKeys(files[0]), access.Value.ReloadInterval, time,
            logger);
        _files.Add(file);
        options.TokenValidationParameters.IssuerSigningKeyResolver = (_, _, _, _) => file.Value.GetSigningKeys();
        options.Configuration = new OpenIdConnectConfiguration { Issuer = issuer.Issuer };
    }

    public void Dispose()
    {
        _files.ForEach(file => file.Dispose());
        _client.Dispose();
    }

    private bool IsNow(DateTime? notBefore, DateTime? expires, TimeSpan skew)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + skew && (notBefore is not { } begin || now >= begin - skew);
    }

    private static JsonWebKeySet ReadKeys(byte[] json)
    {
        var keys = new JsonWebKeySet(Encoding.UTF8.GetString(json));
        return keys.GetSigningKeys().Count > 0
            ? keys
            : throw new ClipException(ClipErrorReason.InvalidSetting, "it contains no signing key.");
    }

    /// <summary>A JWKS as the configuration that the library caches and refreshes.</summary>
    private sealed class JwksRetriever : IConfigurationRetriever<OpenIdConnectConfiguration>
    {
        public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(
            string address, IDocumentRetriever retriever, CancellationToken cancel)
        {
            var keys = ReadKeys(Encoding.UTF8.GetBytes(await retriever.GetDocumentAsync(address, cancel)));
            var configuration = new OpenIdConnectConfiguration { JsonWebKeySet = keys };
            foreach (var key in keys.GetSigningKeys())
                configuration.SigningKeys.Add(key);
            return configuration;
        }
    }
}
