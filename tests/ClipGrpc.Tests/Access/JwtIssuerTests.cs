using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;

namespace ClipGrpc.Tests.Access;

public sealed class JwtIssuerTests
{
    [Theory]
    [InlineData(new string[0], new[] { "infer", "models:write" }, Roles.Infer | Roles.ModelsWrite)]
    [InlineData(new string[0], new[] { "infer metrics other" }, Roles.Infer | Roles.Metrics)]
    [InlineData(
        new[] { "clip-admin=models:write", "clip-admin=infer" }, new[] { "clip-admin" },
        Roles.Infer | Roles.ModelsWrite)]
    [InlineData(new[] { "user=infer" }, new[] { "infer" }, Roles.None)]
    [InlineData(new string[0], new string[0], Roles.None)]
    internal void ToRoles_ValuesOfTheClaim_AreMapped(string[] map, string[] values, Roles expected) =>
        Assert.Equal(expected, new JwtIssuer { Name = "x", RoleMap = map }.ToRoles(values));

    [Theory]
    [InlineData("", "a", "keys.json", "", "Issuer")]
    [InlineData("i", "", "keys.json", "", "Audience")]
    [InlineData("i", "a", "", "", "Jwks")]
    [InlineData("i", "a", "http://example.org/keys", "", "Jwks")]
    [InlineData("i", "a", "keys.json", "admin=root", "RoleMap")]
    [InlineData("i", "a", "keys.json", "=infer", "RoleMap")]
    public void Check_MissingOrWrong_NamesTheSetting(
        string issuer, string audience, string jwks, string map, string setting)
    {
        var errors = new SettingErrors();
        new JwtIssuer
        {
            Name = "x",
            Issuer = issuer,
            Audience = audience,
            Jwks = jwks,
            RoleMap = map.Length == 0 ? [] : [map],
        }.Check("Clip:Jwt:x", errors);
        Assert.Equal($"Clip:Jwt:x:{setting}", Assert.Single(errors).Key);
    }

    [Theory]
    [InlineData("https://example.org/keys")]
    [InlineData("http://127.0.0.1:8000/keys")]
    [InlineData("/etc/keys.json")]
    public void Check_SafeJwks_IsAccepted(string jwks)
    {
        var errors = new SettingErrors();
        new JwtIssuer { Name = "x", Issuer = "i", Audience = "a", Jwks = jwks }.Check("Clip:Jwt:x", errors);
        Assert.Empty(errors);
    }
}
