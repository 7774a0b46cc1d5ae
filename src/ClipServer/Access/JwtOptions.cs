using ClipGrpc.Server.Configuration;

namespace ClipGrpc.Server.Access;

/// <summary>Section <c>Clip:Jwt</c>: issuers of bearer tokens, by name.</summary>
internal sealed class JwtOptions
{
    private const int MaxIssuers = 16;

    public IReadOnlyList<JwtIssuer> Issuers { get; private set; } = [];

    public static void Read(IConfigurationSection section, JwtOptions options, SettingErrors errors)
    {
        var issuers = new List<JwtIssuer>();
        foreach (var child in section.GetChildren())
        {
            var issuer = new JwtIssuer { Name = child.Key };
            var before = errors.Count;
            SectionBinder.Bind(child, issuer, errors);
            if (errors.Count == before)
                issuer.Check(child.Path, errors);
            issuers.Add(issuer);
        }

        if (issuers.Count > MaxIssuers)
            errors.Add(section.Path, $"has {issuers.Count} issuers; the maximum is {MaxIssuers}");
        foreach (var same in issuers.GroupBy(issuer => issuer.Issuer, StringComparer.Ordinal).Where(g => g.Count() > 1))
            errors.Add(section.Path, $"has the issuer \"{same.Key}\" {same.Count()} times; each must be unique");
        options.Issuers = issuers;
    }
}
