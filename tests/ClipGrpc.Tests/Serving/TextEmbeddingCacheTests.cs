using ClipGrpc.Serving.Texts;

namespace ClipGrpc.Tests.Serving;

public sealed class TextEmbeddingCacheTests
{
    // 220 of bookkeeping, 2 of the text, 4 x 512 of the vector
    private const int EntryBytes = 2270;

    [Fact]
    public void TryGet_Kept_IsFound()
    {
        var cache = new TextEmbeddingCache(1 << 20);
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
        var cache = new TextEmbeddingCache(3 * EntryBytes);
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
        var cache = new TextEmbeddingCache(1 << 20);
        cache.Set("a", Text(1));
        cache.Set("a", Text(2));
        Assert.True(cache.TryGet("a", out var found));
        Assert.Equal(2, found.Norm);
        Assert.Equal((1, EntryBytes), (cache.Count, cache.Bytes));
    }

    [Fact]
    public void Set_LargerThanTheBound_IsNotKeptAndDropsNothing()
    {
        var cache = new TextEmbeddingCache(EntryBytes);
        cache.Set("a", Text(1));
        cache.Set("long", Text(1));
        Assert.True(cache.TryGet("a", out _));
        Assert.False(cache.TryGet("long", out _));
    }

    [Fact]
    public void Set_NoBytes_KeepsNothing()
    {
        var cache = new TextEmbeddingCache(0);
        cache.Set("a", Text(1));
        Assert.Equal((0, 0), (cache.Count, cache.Bytes));
    }

    [Fact]
    public void Set_ManyThreads_StaysWithinTheBoundAndConsistent()
    {
        var cache = new TextEmbeddingCache(50 * (EntryBytes + 8));
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

    private static CachedText Text(float norm) => new(new float[512], norm, TokenCount: 5, Truncated: false);
}
