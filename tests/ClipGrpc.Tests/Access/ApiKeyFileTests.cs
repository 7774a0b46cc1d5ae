using System.Text;
using ClipGrpc.Server.Access;

namespace ClipGrpc.Tests.Access;

public sealed class ApiKeyFileTests
{
    private static readonly string Digest = $"sha256:{new string('a', 64)}";

    [Fact]
    public void Parse_AllSettings_ReadsThem()
    {
        var key = Assert.Single(Parse(
            $"# a comment\n\n  ci-1: {Digest} roles=infer,metrics rate=2.5 burst=40 concurrency=8  \r\n"));

        Assert.Equal("ci-1", key.Name);
        Assert.All(key.Digest.ToArray(), value => Assert.Equal(0xaa, value));
        Assert.Equal(Roles.Infer | Roles.Metrics, key.Roles);
        Assert.Equal((2.5, 40, 8), (key.Rate, key.Burst, key.Concurrency));
    }

    [Fact]
    public void Parse_NameAndDigestOnly_HasTheDefaults()
    {
        var key = Assert.Single(Parse($"a: {Digest}"));
        Assert.Equal((ApiKey.DefaultRoles, null, null), (key.Roles, key.Rate, key.Concurrency));
    }

    [Fact]
    public void Parse_RateWithoutBurst_AllowsOneSecondAtOnce() =>
        Assert.Equal(3, Assert.Single(Parse($"a: {Digest} rate=2.5")).Burst);

    [Theory]
    [InlineData("a", "Line 1: it must begin with a name")]
    [InlineData("a b: DIGEST", "Line 1: it must begin with a name")]
    [InlineData("a: sha256:12", "Line 1: the name must be followed by sha256: and 64 hexadecimal digits")]
    [InlineData("a: md5:aaaa", "Line 1: the name must be followed by sha256:")]
    [InlineData("a: DIGEST\nb: DIGEST roles=root", "Line 2: \"root\" is not a role")]
    [InlineData("a: DIGEST burst=5", "Line 1: burst requires a rate")]
    [InlineData("a: DIGEST rate=0", "Line 1: rate must be a number above 0")]
    [InlineData("a: DIGEST rate=-1", "Line 1: rate must be a number above 0")]
    [InlineData("a: DIGEST rate=NaN", "Line 1: rate must be a number above 0")]
    [InlineData("a: DIGEST concurrency=1.5", "Line 1: concurrency must be a number")]
    [InlineData("a: DIGEST expires=2030", "Line 1: \"expires\" is not a known setting")]
    [InlineData("a: DIGEST\na: DIGEST", "Line 2: the name \"a\" is a duplicate")]
    public void Parse_InvalidLine_IsNamedWithoutItsDigest(string text, string error)
    {
        var exception = Assert.Throws<ClipException>(
            () => Parse(text.Replace("DIGEST", Digest, StringComparison.Ordinal)));
        Assert.StartsWith(error, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(new string('a', 64), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_MoreKeysThanAllowed_IsRefused()
    {
        var lines = Enumerable.Range(0, ApiKeyFile.MaxKeys + 1).Select(i => $"k{i}: {Digest}");
        var exception = Assert.Throws<ClipException>(() => Parse(string.Join('\n', lines)));
        Assert.Contains("more than 10000 keys", exception.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<ApiKey> Parse(string text) => ApiKeyFile.Parse(Encoding.UTF8.GetBytes(text));
}
