using ClipGrpc.Models.Files;
using ClipGrpc.TestSupport;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Models;

public sealed class DigestMemoTests : IDisposable
{
    private static readonly string Digest = new('a', 64);

    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _cache = new();
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow().AddMinutes(1));

    [Fact]
    public void Find_SameFile_IsWhatWasKept()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems keep no change time.");
        var stamp = StampOf(_folder.Write("a", "1"));
        Memo().Keep(stamp, Digest);

        Assert.Equal(Digest, Memo().Find(stamp));
    }

    [Fact]
    public void Find_ContentOfEqualLengthAndTimeReplaced_IsUnknown()
    {
        var path = _folder.Write("a", "1");
        var time = File.GetLastWriteTimeUtc(path);
        Memo().Keep(StampOf(path), Digest);
        File.WriteAllText(path, "2");
        File.SetLastWriteTimeUtc(path, time);

        Assert.Equal(time, File.GetLastWriteTimeUtc(path));
        Assert.Null(Memo().Find(StampOf(path)));
    }

    [Fact]
    public void Keep_ChangedWithinTheLastTick_IsForgotten()
    {
        var stamp = StampOf(_folder.Write("a", "1"));
        new DigestMemo(_cache.Path, TimeProvider.System, 0).Keep(stamp, Digest);

        Assert.Null(Memo().Find(stamp));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("xyz")]
    public void Find_MemoIsDamaged_IsUnknown(string damaged)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems keep no change time.");
        var stamp = StampOf(_folder.Write("a", "1"));
        Memo().Keep(stamp, Digest);
        File.WriteAllText(Assert.Single(Directory.GetFiles(_cache.PathOf("digests"))), damaged);

        Assert.Null(Memo().Find(stamp));
    }

    [Fact]
    public void Keep_CacheCannotBeWritten_IsLeftOut()
    {
        var stamp = StampOf(_folder.Write("a", "1"));
        var memo = new DigestMemo(_cache.Write("file", ""), _clock, 0);
        memo.Keep(stamp, Digest);

        Assert.Null(memo.Find(stamp));
    }

    [Fact]
    public void ComputeDigest_WithMemo_EqualsWithout()
    {
        _folder.Write("a", "1");
        var content = ModelContent.Of(_folder.Path, ["a"]);
        var without = Compute(new DigestMemo(null, _clock));

        Assert.Equal(without, Compute(Memo()));
        Assert.Equal(without, Compute(Memo()));

        string Compute(DigestMemo memo) => content.ComputeDigest(memo, (_, _) => { }, CancellationToken.None);
    }

    [Theory]
    [InlineData(null, 20_000_000_000)]
    [InlineData("", 20_000_000_000)]
    [InlineData("0", 0)]
    [InlineData("123", 123)]
    public void ReadLimit_Variable_IsBytes(string? value, long expected) =>
        Assert.Equal(expected, CacheFolder.ReadLimit(name => name == "CLIPGRPC_CACHE_BYTES" ? value : null));

    [Theory]
    [InlineData("20GB")]
    [InlineData("-1")]
    public void ReadLimit_NoNumber_IsRefused(string value) =>
        Assert.StartsWith(
            "CLIPGRPC_CACHE_BYTES: ",
            Assert.Throws<ClipException>(() => CacheFolder.ReadLimit(_ => value)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("/c", "/x", "/h", "/c")]
    [InlineData("off", "/x", "/h", null)]
    [InlineData("", "/x", "/h", "/x/clipgrpc")]
    [InlineData(null, "relative", "/h", "/h/.cache/clipgrpc")]
    [InlineData(null, null, "/h", "/h/.cache/clipgrpc")]
    [InlineData(null, null, null, null)]
    public void Locate_Variables_NameTheFolder(string? own, string? cache, string? home, string? expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The folders of Unix.");
        Assert.Equal(expected, CacheFolder.Locate(name => name switch
        {
            "CLIPGRPC_CACHE" => own,
            "XDG_CACHE_HOME" => cache,
            "HOME" => home,
            _ => null,
        }));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _cache.Dispose();
    }

    private static FileStamp StampOf(string path) => FileStamp.OfPath(path, "a")!.Value;

    private DigestMemo Memo() => new(_cache.Path, _clock, minimum: 0);
}
