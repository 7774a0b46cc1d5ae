using ClipGrpc.Serving.Labels;

namespace ClipGrpc.Tests.Serving;

public sealed class LabelSetStoreTests
{
    private static LabelSet Set(string id, string identity = "m", int dimensions = 256) =>
        new(id, identity, new LabelSetDefinition(["x"], ["{}"]), new float[dimensions], dimensions);

    [Fact]
    public void TryGet_Unknown_IsFalse() => Assert.False(new LabelSetStore(1 << 20).TryGet("no", out _));

    [Fact]
    public void Add_OverTheLimit_DropsTheLeastRecentlyUsed()
    {
        var store = new LabelSetStore(2 * Set("a").Bytes);
        store.Add(Set("a"));
        store.Add(Set("b"));
        Assert.True(store.TryGet("a", out _));

        store.Add(Set("c"));

        Assert.True(store.TryGet("a", out _));
        Assert.False(store.TryGet("b", out _));
        Assert.True(store.TryGet("c", out _));
    }

    [Fact]
    public void Add_LargerThanTheStore_IsKeptAlone()
    {
        var store = new LabelSetStore(Set("a").Bytes);
        store.Add(Set("a"));
        store.Add(Set("big", dimensions: 10_000));

        Assert.False(store.TryGet("a", out _));
        Assert.True(store.TryGet("big", out _));
    }

    [Fact]
    public void Add_SameIdTwice_CountsOnce()
    {
        var store = new LabelSetStore(2 * Set("a").Bytes);
        store.Add(Set("a"));
        store.Add(Set("a"));
        store.Add(Set("b"));

        Assert.True(store.TryGet("a", out _));
        Assert.True(store.TryGet("b", out _));
    }

    [Fact]
    public void IdsOf_SeveralModels_GivesOnlyItsOwnMostRecentFirst()
    {
        var store = new LabelSetStore(1 << 20);
        store.Add(Set("a"));
        store.Add(Set("b", "other"));
        store.Add(Set("c"));

        Assert.Equal(["c", "a"], store.IdsOf("m"));
    }
}
