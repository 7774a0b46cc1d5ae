using ClipGrpc.Cli;
using ClipGrpc.Cli.Embeddings;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class EmbeddingStoreTests : IDisposable
{
    private static readonly EmbeddingKey First = new("a/ü 1.jpg", 10, 100);
    private static readonly EmbeddingKey Second = new("b/2.jpg", 20, 200);

    private static readonly StoreFlags Flags = new("--out", "--no-resume");

    private readonly TemporaryFolder _folder = new();

    private string FilePath => Path.Combine(_folder.Path, "x.embeddings");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_Again_GivesWhatWasAppended()
    {
        WriteTwo();

        using var store = Open();

        Assert.Equal((2, 0L), (store.Count, store.DamagedBytes));
        Assert.Equal([1f, -2, 0.5f], Read(store, First));
        Assert.Equal([4f, 5, 6], Read(store, Second));
    }

    [Fact]
    public void TryRead_OtherSizeOrTimeOrName_IsNotThere()
    {
        WriteTwo();

        using var store = Open();

        Assert.Empty(Read(store, First with { Size = 11 }));
        Assert.Empty(Read(store, First with { Modified = 101 }));
        Assert.Empty(Read(store, First with { Name = "a/u 1.jpg" }));
    }

    [Fact]
    public void Open_CutAnywhere_KeepsTheWholeRecordsAndGoesOn()
    {
        WriteTwo();
        var whole = File.ReadAllBytes(FilePath);
        var (headerLength, firstLength) = Lengths();

        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(FilePath, whole[..length]);
            var sound = length >= firstLength ? 1 : 0;
            using (var store = Open())
            {
                Assert.Equal(sound, store.Count);
                Assert.Equal(
                    Math.Max(0, length - (sound == 1 ? firstLength : headerLength)), (int)store.DamagedBytes);
                store.Append(Second, [7, 8, 9]);
            }

            using var again = Open();
            Assert.Equal((sound + 1, 0L), (again.Count, again.DamagedBytes));
            Assert.Equal([7f, 8, 9], Read(again, Second));
        }
    }

    [Fact]
    public void Open_ByteChangedInARecord_DropsItAndWhatFollows()
    {
        WriteTwo();
        var whole = File.ReadAllBytes(FilePath);
        var (headerLength, firstLength) = Lengths();

        for (var i = headerLength; i < firstLength; i++)
        {
            var damaged = whole.ToArray();
            damaged[i] ^= 0x40;
            File.WriteAllBytes(FilePath, damaged);
            using var store = Open();
            Assert.Equal((0, (long)whole.Length - headerLength), (store.Count, store.DamagedBytes));
        }
    }

    [Theory]
    [InlineData("rev2 fp32", 3)]
    [InlineData("rev1 fp32", 4)]
    public void Open_OtherModel_IsRefusedUnlessStartedAnew(string model, int dimensions)
    {
        WriteTwo();

        var exception = Assert.Throws<CliException>(
            () => EmbeddingStore.Open(FilePath, model, dimensions, resume: true, Flags));
        using var again = EmbeddingStore.Open(FilePath, model, dimensions, resume: false, Flags);

        Assert.Contains("--no-resume", exception.Message);
        Assert.Equal(0, again.Count);
    }

    [Fact]
    public void Open_InUse_IsRefused()
    {
        using var store = Open();

        var exception = Assert.Throws<CliException>(Open);

        Assert.Contains("Another run may be using it.", exception.Message);
    }

    [Fact]
    public void CloseKeeping_SomeOfTheKeys_LeavesThemAlone()
    {
        WriteTwo();
        var store = Open();
        store.Append(Second with { Modified = 201 }, [7, 8, 9]);

        var removed = store.CloseKeeping(new HashSet<EmbeddingKey> { First, Second with { Modified = 201 } });

        using var again = Open();
        Assert.Equal((1, 2, 0L), (removed, again.Count, again.DamagedBytes));
        Assert.Equal([1, -2, 0.5f], Read(again, First));
        Assert.Equal([7, 8, 9], Read(again, Second with { Modified = 201 }));
        Assert.Empty(Read(again, Second));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void CloseKeeping_AllKeys_LeavesTheFileAlone()
    {
        WriteTwo();
        var before = File.ReadAllBytes(FilePath);
        var store = Open();

        var removed = store.CloseKeeping(new HashSet<EmbeddingKey> { First, Second });

        Assert.Equal(0, removed);
        Assert.Equal(before, File.ReadAllBytes(FilePath));
        using var again = Open();
        Assert.Equal(2, again.Count);
    }

    [Fact]
    public void Append_OtherDimensions_IsRefused()
    {
        using var store = Open();

        Assert.Throws<CliException>(() => store.Append(First, [1, 2]));
    }

    private EmbeddingStore Open() => EmbeddingStore.Open(FilePath, "rev1 fp32", 3, resume: true, Flags);

    private void WriteTwo()
    {
        using var store = Open();
        store.Append(First, [1, -2, 0.5f]);
        store.Append(Second, [4, 5, 6]);
    }

    private (int Header, int First) Lengths()
    {
        var other = Path.Combine(_folder.Path, "other");
        using var store = EmbeddingStore.Open(other, "rev1 fp32", 3, resume: false, Flags);
        var header = (int)new FileInfo(other).Length;
        store.Append(First, [1, -2, 0.5f]);
        return (header, (int)new FileInfo(other).Length);
    }

    private static float[] Read(EmbeddingStore store, EmbeddingKey key)
    {
        var vector = new float[3];
        return store.TryRead(key, vector) ? vector : [];
    }
}
