using ClipGrpc.Server.Configuration;

namespace ClipGrpc.Server.Access;

/// <summary>Section <c>Clip:Jwt:NAME</c>: whose tokens are accepted, and what they allow.</summary>
internal sealed class JwtIssuer
{
    /// <summary>The authentication scheme, and what metrics call the callers.</summary>
    public required string Name { get; init; }

    /// <summary>What <c>iss</c> must be.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>What <c>aud</c> must have.</summary>
    public string Audience { get; set; } = "";

    /// <summary>The signing keys: a JWKS file, or the <c>https</c> URL of one.</summary>
    public string Jwks { get; set; } = "";

    /// <summary>How far clocks may differ. Default 30 seconds, at most 10 minutes.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The claim with the roles: a list, or one text with spaces between. Default <c>roles</c>.</summary>
    public string RolesClaim { get; set; } = "roles";

    /// <summary>
    /// What values of the claim mean: <c>VALUE=ROLE</c>; a value may have several. Default: values are role names.
    /// </summary>
    public string[] RoleMap { get; set; } = [];

    /// <summary>Null: <see cref="Jwks"/> is a file.</summary>
    public Uri? JwksUrl =>
        Uri.TryCreate(Jwks, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" ? url : null;

    /// <summary>The roles that values of the claim stand for; others stand for none.</summary>
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
            errors.Add($"{path}:Jwks", "is missing; it is a file or an https URL");
        else if (JwksUrl is { Scheme: "http", IsLoopback: false })
            errors.Add($"{path}:Jwks", "must be an https URL: whoever changes the keys on their way can make tokens");
        if (ClockSkew < TimeSpan.Zero || ClockSkew > TimeSpan.FromMinutes(10))
            errors.Add($"{path}:ClockSkew", "must be from 0 to 10 minutes");
        foreach (var entry in RoleMap.Where(entry => !TrySplit(entry, out _, out _)))
            errors.Add($"{path}:RoleMap", $"\"{entry}\" is not VALUE=ROLE with a role of {RoleNames.List}");
    }

    private static bool TrySplit(string entry, out string value, out Roles role)
    {
        var equals = entry.LastIndexOf('=');
        value = equals > 0 ? entry[..equals] : "";
        return RoleNames.TryParse(entry[(equals + 1)..], out role) && value.Length > 0;
    }
}
