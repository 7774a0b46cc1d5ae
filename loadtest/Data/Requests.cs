using ClipGrpc.V1;
using Google.Protobuf;

namespace ClipGrpc.LoadTest.Data;

/// <summary>The messages of each call, from images, texts and labels.</summary>
internal sealed record Requests(string Model, IReadOnlyList<ByteString> Images, LabelSet Labels)
{
    private const uint TopK = 5;

    public static LabelSet DefaultLabels { get; } = new()
    {
        Labels =
        {
            "cat", "dog", "penguin", "apple", "pizza", "sunflower", "umbrella", "fire engine", "rocket", "guitar",
        },
    };

    /// <summary>One image as pixels of a model's own size: nothing to decode, nothing to resize.</summary>
    public static EmbedRequest Frame(int size)
    {
        // Noise and not zeros, on which a chip draws less power and clocks higher.
        var pixels = new byte[size * size * 3];
        new Random(size).NextBytes(pixels);
        var raw = new RawImage
        {
            Width = (uint)size,
            Height = (uint)size,
            Format = PixelFormat.Rgb24,
            Data = UnsafeByteOperations.UnsafeWrap(pixels),
        };
        return new EmbedRequest { Inputs = { new Input { Image = new Image { Raw = raw } } } };
    }

    /// <param name="number">Of the call; calls take their images in turns.</param>
    /// <param name="inputs">Images a call.</param>
    public EmbedRequest Embed(long number, int inputs = 1)
    {
        var request = new EmbedRequest { Model = Model };
        for (var i = 0; i < inputs; i++)
            request.Inputs.Add(InputOf(ImageOf((number * inputs) + i)));
        return request;
    }

    public EmbedRequest EmbedText(params ReadOnlySpan<string> texts)
    {
        var request = new EmbedRequest { Model = Model };
        foreach (var text in texts)
            request.Inputs.Add(new Input { Text = text });
        return request;
    }

    public ClassifyRequest Classify(long number) =>
        new() { Model = Model, Images = { ImageOf(ImageOf(number)) }, LabelSet = Labels, TopK = TopK };

    public EmbedStreamRequest EmbedStreamConfig() =>
        new() { Config = new EmbedStreamConfig { Model = Model, Ordering = Ordering.Completion } };

    public EmbedStreamRequest EmbedStreamItem(long number) =>
        new() { Id = number.ToString("D"), Input = InputOf(ImageOf(number)) };

    public ClassifyStreamRequest ClassifyStreamConfig(DropPolicy dropPolicy) => new()
    {
        Config = new ClassifyStreamConfig { Model = Model, LabelSet = Labels, TopK = TopK, DropPolicy = dropPolicy },
    };

    public ClassifyStreamRequest ClassifyStreamFrame(long number) =>
        new() { Frame = new Frame { FrameId = (ulong)number, Image = ImageOf(ImageOf(number)) } };

    private ByteString ImageOf(long number) => Images[(int)(number % Images.Count)];

    private static Image ImageOf(ByteString image) => new() { Encoded = image };

    private static Input InputOf(ByteString image) => new() { Image = ImageOf(image) };
}
