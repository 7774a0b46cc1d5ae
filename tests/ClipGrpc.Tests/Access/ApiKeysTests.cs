using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using ClipGrpc.Server.Access;
using ClipGrpc.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Access;

public sealed class ApiKeysTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TemporaryFolder _folder = new();
    private readonly AccessOptions _options = new();

    public ApiKeysTests() => _options.ApiKeysFile = Path.Combine(_folder.Path, "keys");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Find_KnownAndUnknownKeys_TellsThemApart()
    {
        Write(Line("a", "one", "roles=infer"), Line("b", "two", "roles=metrics"));
        using var keys = Open();
        Assert.Equal(("a", Roles.Infer), (keys.Find("one")!.Name, keys.Find("one")!.Roles));
        Assert.Equal("b", keys.Find("two")!.Name);
        Assert.Null(keys.Find("One"));
        Assert.Null(keys.Find(""));
        Assert.Null(keys.Find(new string('x', 100_000)));
    }

    [Fact]
    public void Find_AfterAReload_KeepsWhatAKeyHasUsedOfItsRate()
    {
        Write(Line("a", "one", "rate=0.001 burst=5"), Line("b", "two", "rate=0.001 burst=5"));
        using var keys = Open();
        keys.Find("one")!.Limits!.TakeItems(5);
        keys.Find("two")!.Limits!.TakeItems(5);

        Write(Line("a", "other", "rate=0.001 burst=5"), Line("b", "two", "rate=0.001 burst=6"));
        _clock.Advance(_options.ReloadInterval);
        _clock.Advance(_options.ReloadInterval); // the second look
        Assert.Null(keys.Find("one"));
        Assert.Throws<ClipException>(() => keys.Find("other")!.Limits!.TakeItems(5));
        keys.Find("two")!.Limits!.TakeItems(6);
    }

    /// <summary>Timing cannot be tested; that digests are compared, and by what, can.</summary>
    [Fact]
    public void Find_Comparison_IsFixedTimeOnDigestsAndWithoutAnEarlyEnd()
    {
        var find = typeof(ApiKeys).GetMethod(nameof(ApiKeys.Find))!;
        var called = CalledMethods(find).ToList();
        Assert.Contains(
            typeof(CryptographicOperations).GetMethod(nameof(CryptographicOperations.FixedTimeEquals)), called);
        Assert.Contains(
            called, method => method.DeclaringType == typeof(SHA256) && method.Name == nameof(SHA256.HashData));
        Assert.DoesNotContain(
            called, method => method.Name is "SequenceEqual" or "Equals" or "op_Equality" or "TryGetValue");
    }

    private static IEnumerable<MethodBase> CalledMethods(MethodInfo method)
    {
        const byte Call = 0x28;
        const byte CallVirtual = 0x6f;
        var code = method.GetMethodBody()!.GetILAsByteArray()!;
        for (var i = 0; i + sizeof(int) < code.Length; i++)
        {
            if (code[i] is not (Call or CallVirtual))
                continue;

            MethodBase? called = null;
            try
            {
                called = method.Module.ResolveMethod(BitConverter.ToInt32(code, i + 1));
            }
            catch (ArgumentException)
            {
                // Not a call, but a byte of something else.
            }

            if (called is not null)
                yield return called;
        }
    }

    private static string Line(string name, string key, string settings) =>
        $"{name}: sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))} {settings}";

    private void Write(params string[] lines) => File.WriteAllLines(_options.ApiKeysFile!, lines);

    private ApiKeys Open() => new(Options.Create(_options), _clock, NullLogger<ApiKeys>.Instance);
}
