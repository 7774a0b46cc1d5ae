using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace ClipGrpc.Server.Access;

/// <summary>
/// Who makes a request: the operator over the admin socket, or whoever an API key, a bearer token or a client
/// certificate stands for, in this order. Credentials that are not valid are an error, also where none are needed.
/// </summary>
internal sealed class CallerIdentification
{
    private const string Bearer = "Bearer ";
    private const string ApiKeyHeader = "x-api-key";
    private const int MaxTokenLength = 16 * 1024;
    private const int MaxNameLength = 100;

    private readonly ApiKeys _keys;
    private readonly IReadOnlyList<JwtIssuer> _issuers;
    private readonly IOptionsMonitor<JwtBearerOptions> _schemes;
    private readonly ILogger _logger;
    private readonly bool _hasCertificates;
    private readonly Roles _certificateRoles;

    /// <exception cref="ClipException">
    /// Keys of an issuer cannot be read, or callers without credentials have roles though they must not.
    /// </exception>
    public CallerIdentification(
        ApiKeys keys, IOptions<JwtOptions> jwt, IOptionsMonitor<JwtBearerOptions> schemes,
        IOptions<AccessOptions> access, IOptions<TlsOptions> tls, ILogger<CallerIdentification> logger)
    {
        _keys = keys;
        _issuers = jwt.Value.Issuers;
        _schemes = schemes;
        _logger = logger;
        _hasCertificates = tls.Value.ClientCa is not null;
        HasCredentials = keys.IsConfigured || _issuers.Count > 0 || _hasCertificates;
        _certificateRoles = ParseRoles(access.Value.CertificateRoles);
        var anonymous = access.Value.AnonymousRoles is { } names ? ParseRoles(names)
            : HasCredentials ? Roles.None
            : Roles.Infer | Roles.ModelsRead | Roles.Metrics;
        Anonymous = Caller.Anonymous(anonymous);
        if (access.Value.Required && anonymous != Roles.None)
        {
            throw new ClipException(
                ClipErrorReason.InvalidSetting,
                "--require-auth (Clip:Access:Required): callers without credentials would have the roles "
                + $"{RoleNames.Format(anonymous)}. Configure --api-keys, --tls-client-ca or Clip:Jwt.");
        }

        foreach (var issuer in _issuers)
            schemes.Get(issuer.Name); // reads its keys, which must not fail at the first call
    }

    /// <summary>Whether there is any way to identify oneself over the network.</summary>
    public bool HasCredentials { get; }

    public Caller Anonymous { get; }

    /// <exception cref="ClipException">
    /// <see cref="ClipErrorCode.Unauthenticated"/>: credentials are not valid. <see cref="ClipErrorCode.Unavailable"/>:
    /// the keys of a token's issuer cannot be fetched now.
    /// </exception>
    public ValueTask<Caller> IdentifyAsync(HttpContext context)
    {
        if (context.Features.Get<ConnectionOrigin>()?.Listener == Listener.Admin)
            return ValueTask.FromResult(Caller.Operator);
        if (!HasCredentials)
            return ValueTask.FromResult(Anonymous);

        var (credential, isBearer) = FindCredential(context.Request.Headers);
        if (credential is null)
            return ValueTask.FromResult(OfCertificate(context.Connection.ClientCertificate) ?? Anonymous);
        if (_keys.Find(credential) is { } caller)
            return ValueTask.FromResult(caller);
        if (isBearer && FindIssuer(credential) is { } issuer)
            return OfTokenAsync(context, issuer);

        throw Invalid(_issuers.Count > 0 ? "The API key or token is not valid." : "The API key is not valid.");
    }

    private static (string? Credential, bool IsBearer) FindCredential(IHeaderDictionary headers)
    {
        if (headers[ApiKeyHeader].Count > 1 || headers.Authorization.Count > 1)
            throw Invalid($"There must be exactly one {ApiKeyHeader} or authorization header.");
        if (headers[ApiKeyHeader] is [{ Length: > 0 } key])
            return (key, false);
        if (headers.Authorization is not [{ } authorization])
            return (null, false);
        return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? (authorization[Bearer.Length..].Trim(), true)
            : throw Invalid("The authorization header must be \"Bearer\" and an API key or token.");
    }

    /// <summary>By what the token says of itself; the issuer's keys decide whether that is true.</summary>
    private JwtIssuer? FindIssuer(string token)
    {
        if (_issuers.Count == 0 || token.Length > MaxTokenLength)
            return null;

        try
        {
            var name = new JsonWebToken(token).Issuer;
            return _issuers.FirstOrDefault(issuer => issuer.Issuer == name);
        }
        catch (ArgumentException)
        {
            return null; // not a token
        }
    }

    private async ValueTask<Caller> OfTokenAsync(HttpContext context, JwtIssuer issuer)
    {
        await EnsureKeysAsync(issuer, context.RequestAborted);
        var result = await context.AuthenticateAsync(issuer.Name);
        if (result.Principal is not { } principal)
        {
            throw Invalid(result.Failure is Microsoft.IdentityModel.Tokens.SecurityTokenInvalidLifetimeException
                ? "The token has expired, or is not valid yet."
                : "The token is not valid.");
        }

        var roles = issuer.ToRoles(principal.FindAll(issuer.RolesClaim).Select(claim => claim.Value));
        var subject = principal.FindFirst(JwtRegisteredClaimNames.Sub)?.Value ?? "";
        return new Caller($"{issuer.Name}:{Excerpt.Of(subject, MaxNameLength)}", issuer.Name, roles);
    }

    /// <summary>Without the issuer's keys nothing is known of a token, not even that it is not valid.</summary>
    private async Task EnsureKeysAsync(JwtIssuer issuer, CancellationToken cancellationToken)
    {
        if (issuer.JwksUrl is null || _schemes.Get(issuer.Name).ConfigurationManager is not { } keys)
            return;

        try
        {
            await keys.GetConfigurationAsync(cancellationToken).WaitAsync(cancellationToken);
        }
        catch (InvalidOperationException exception)
        {
            _logger.KeysNotFetched(issuer.Name, issuer.Jwks, exception.GetBaseException().Message);
            throw new ClipException(
                ClipErrorReason.IssuerUnavailable,
                $"The signing keys of the issuer {issuer.Name} cannot be fetched; try again later.", exception);
        }
    }

    private Caller? OfCertificate(X509Certificate2? certificate) => certificate is null || !_hasCertificates
        ? null
        : new Caller(
            Excerpt.Of(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), MaxNameLength),
            "certificate", _certificateRoles);

    private static Roles ParseRoles(string[] names) =>
        RoleNames.TryParse(names, out var roles, out _) ? roles : Roles.None;

    private static ClipException Invalid(string message) => new(ClipErrorReason.CredentialsInvalid, message);
}
