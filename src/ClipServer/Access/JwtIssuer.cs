using ClipGrpc.Server.Configuration;

namespace ClipGrpc.Server.Access;

/// <summary>Section <c>Clip:Jwt:NAME</c>: an issuer whose tokens are accepted, and the roles that they grant.</summary>
internal sealed class JwtIssuer
{
    /// <summary>The name of the authentication scheme, and of the callers in metrics.</summary>
    public required string Name { get; init; }

    /// <summary>The required value of the claim <c>iss</c>.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>The value that the claim <c>aud</c> must contain.</summary>
    public string Audience { get; set; } = "";

    /// <summary>The signing keys: a JWKS file, or the <c>https</c> URL of one.</summary>
    public string Jwks { get; set; } = "";

    /// <summary>The allowed difference between clocks. Default 30 seconds, 0 to 10 minutes.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The claim with the roles: a list, or a string separated by spaces. Default <c>roles</c>.</summary>
    public string RolesClaim { get; set; } = "roles";

    /// <summary>
    /// Maps values of the claim to roles, as <c>VALUE=ROLE</c>; a value can have several. Default: values are roles.
    /// </summary>
    public string[] RoleMap { get; set; } = [];

    /// <summary>The URL of the signing keys, or null if <see cref="Jwks"/> is a file.</summary>
    public Uri? JwksUrl =>
        Uri.TryCreate(Jwks, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" ? url : null;

    /// <summary>Maps values of the claim to roles. Unknown values have none.</summary>
    public Roles ToRoles(IEnumerable<string> values)
    {
        var roles = Roles.None;
        foreach (var value in values.SelectMany(each => each.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (RoleMap.Length == 0 && RoleNames.TryParse(value, out var named))
                roles |= named;
            foreach (var entry in RoleMap)
            {
                if (TrySplit(entry, out var from, out var role) && from == value)
                    roles |= role;
            }
        }

        return roles;
    }

    public void Check(string path, SettingErrors errors)
    {
        if (Issuer.Length == 0)
            errors.Add($"{path}:Issuer", "is missing");
        if (Audience.Length == 0)
            errors.Add($"{path}:Audience", "is missing");
        if (Jwks.Length == 0)
            errors.Add($"{path}:Jwks", "is missing; set a file or an https URL");
        else if (JwksUrl is { Scheme: "http", IsLoopback: false })
            errors.Add($"{path}:Jwks", "must be an https URL, because modified keys would allow forged tokens");
        if (ClockSkew < TimeSpan.Zero || ClockSkew > TimeSpan.FromMinutes(10))
            errors.Add($"{path}:ClockSkew", "must be from 0 to 10 minutes");
        foreach (var entry in RoleMap.Where(entry => !TrySplit(entry, out _, out _)))
            errors.Add($"{path}:RoleMap", $"\"{entry}\" is not VALUE=ROLE, where ROLE is one of {RoleNames.List}");
    }

    private static bool TrySplit(string entry, out string value, out Roles role)
    {
        var equals = entry.LastIndexOf('=');
        value = equals > 0 ? entry[..equals] : "";
        return RoleNames.TryParse(entry[(equals + 1)..], out role) && value.Length > 0;
    }
}
