using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>What is embedded: the images of the server's page, and texts of a known length.</summary>
internal sealed class Samples
{
    private const string Folder = "page/samples/";

    private static readonly string[] Captions =
    [
        "a photo of a cat", "a cup of coffee", "a dog", "a red fire engine", "an acoustic guitar on a wall",
        "two penguins on the ice", "a slice of pizza", "a sunflower in a field under a blue sky", "an umbrella",
    ];

    private readonly Random _random = new(1);
    private readonly ItemInput[] _images;
    private readonly ItemInput[] _photos;
    private int _nextPhoto;

    public Samples()
    {
        var names = typeof(Samples).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        _images = [.. names.Select(Read)];
        _photos = [.. names.Where(name => name.EndsWith(".jpg", StringComparison.Ordinal)).Select(Read)];
    }

    /// <summary>Images and texts whose embeddings are compared.</summary>
    public IEnumerable<ItemInput> All => _images.Concat(Captions.Select(Text));

    /// <summary>One of the JPEG files, in turns.</summary>
    public ItemInput NextPhoto() => _photos[(uint)Interlocked.Increment(ref _nextPhoto) % _photos.Length];

    /// <summary>A text of so many tokens, different from all others.</summary>
    public ItemInput NextTextInput(int tokens) => Text(UniqueTexts.OfTokens(tokens));

    /// <summary>Pixels as the encoder takes them.</summary>
    public ReadOnlyMemory<byte> NextPixels(int length)
    {
        var pixels = new byte[length];
        lock (_random)
            _random.NextBytes(pixels);
        return pixels;
    }

    private static TextInput Text(string text) => new(text, RejectLong: false);

    private static EncodedImageInput Read(string resource)
    {
        using var file = typeof(Samples).Assembly.GetManifestResourceStream(resource)!;
        var content = new byte[file.Length];
        file.ReadExactly(content);
        return new EncodedImageInput(content, new DecodeOptions());
    }
}
