using ClipGrpc.Serving;

namespace ClipGrpc.Tests.Serving;

public sealed class BoundedCacheTests
{
    private const int EntryBytes = 2 + ValueBytes;
    private const int ValueBytes = 2268;

    [Fact]
    public void TryGet_Kept_IsFound()
    {
        var cache = Cache(1 << 20);
        var kept = Text(1);
        cache.Set("a", kept);
        Assert.True(cache.TryGet("a", out var found));
        Assert.Same(kept, found);
        Assert.False(cache.TryGet("A", out _));
        Assert.Equal((1, EntryBytes), (cache.Count, cache.Bytes));
    }

    [Fact]
    public void Set_OverTheBound_DropsTheLeastRecentlyUsed()
    {
        var cache = Cache(3 * EntryBytes);
        foreach (var text in (string[])["a", "b", "c"])
            cache.Set(text, Text(1));
        Assert.True(cache.TryGet("a", out _));
        cache.Set("d", Text(2));
        Assert.False(cache.TryGet("b", out _));
        Assert.All((string[])["a", "c", "d"], text => Assert.True(cache.TryGet(text, out _)));
        Assert.Equal(3 * EntryBytes, cache.Bytes);
    }

    [Fact]
    public void Set_Again_ReplacesAndCountsOnce()
    {
        var cache = Cache(1 << 20);
        cache.Set("a", Text(1));
        cache.Set("a", Text(2));
        Assert.True(cache.TryGet("a", out var found));
        Assert.Equal(2, found.Norm);
        Assert.Equal((1, EntryBytes), (cache.Count, cache.Bytes));
    }

    [Fact]
    public void Set_LargerThanTheBound_IsNotKeptAndDropsNothing()
    {
        var cache = Cache(EntryBytes);
        cache.Set("a", Text(1));
        cache.Set("long", Text(1));
        Assert.True(cache.TryGet("a", out _));
        Assert.False(cache.TryGet("long", out _));
    }

    [Fact]
    public void Set_NoBytes_KeepsNothing()
    {
        var cache = Cache(0);
        cache.Set("a", Text(1));
        Assert.Equal((0, 0), (cache.Count, cache.Bytes));
    }

    [Fact]
    public void Set_ManyThreads_StaysWithinTheBoundAndConsistent()
    {
        var cache = Cache(50 * (EntryBytes + 8));
        Parallel.For(0, 20_000, i =>
        {
            var text = (i * 7919 % 200).ToString("D5", null);
            if (cache.TryGet(text, out var found))
                Assert.Equal(text.Length, found.TokenCount);
            else
                cache.Set(text, Text(i));
            Assert.InRange(cache.Bytes, 0, 50 * (EntryBytes + 8));
        });
        Assert.Equal(50, cache.Count);
        Assert.Equal(50 * (EntryBytes + 8), cache.Bytes);
    }

    private static BoundedCache<string, Kept> Cache(long maxBytes) =>
        new(maxBytes, (text, _) => ValueBytes + sizeof(char) * text.Length);

    private static Kept Text(float norm) => new(norm, TokenCount: 5);

    private sealed record Kept(float Norm, int TokenCount);
}
