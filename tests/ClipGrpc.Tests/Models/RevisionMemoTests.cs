using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Files;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

public sealed class RevisionMemoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _cache = new();
    private int _computed;

    [Fact]
    public void Get_SameFiles_ComputesOnce()
    {
        _folder.Write("a", "1");

        Assert.Equal("abc", Get());
        Assert.Equal("abc", Get());
        Assert.Equal(1, _computed);
    }

    [Fact]
    public void Get_LengthOrTimeChanges_ComputesAgain()
    {
        var path = _folder.Write("a", "1");
        Get();
        _folder.Write("a", "12");
        Get();
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(1));
        Get();

        Assert.Equal(3, _computed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("abcd")]
    [InlineData("xyz")]
    public void Get_MemoIsDamaged_ComputesAgain(string damaged)
    {
        _folder.Write("a", "1");
        Get();
        File.WriteAllText(Assert.Single(Directory.GetFiles(_cache.PathOf("revisions"))), damaged);

        Assert.Equal("abc", Get());
        Assert.Equal(2, _computed);
    }

    [Fact]
    public void Get_CacheCannotBeWritten_StillComputes()
    {
        _folder.Write("a", "1");
        var file = _cache.Write("file", "");

        Assert.Equal("abc", RevisionMemo.Get(file, [_folder.PathOf("a")], 3, Compute));
    }

    [Fact]
    public void Of_WithMemo_EqualsWithout()
    {
        _folder.Write("a", "1");
        var without = CheckpointRevision.Of(_folder.Path, ["a"], null, 0);

        Assert.Equal(without, CheckpointRevision.Of(_folder.Path, ["a"], _cache.Path, 0));
        Assert.Equal(without, CheckpointRevision.Of(_folder.Path, ["a"], _cache.Path, 0));
        Assert.Single(Directory.GetFiles(_cache.PathOf("revisions")));
    }

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

    private string Get() => RevisionMemo.Get(_cache.Path, [_folder.PathOf("a")], 3, Compute);

    private string Compute()
    {
        _computed++;
        return "abc";
    }
}
