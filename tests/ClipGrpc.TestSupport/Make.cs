using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;
using SkiaSharp;

namespace ClipGrpc.TestSupport;

/// <summary>Requests in few words.</summary>
internal static class Make
{
    public static string DataPath(params string[] parts) =>
        Path.Combine([AppContext.BaseDirectory, "TestData", .. parts]);

    public static Input Sentence(string text) => new() { Text = text };

    public static Input ImageInput(string file) => new() { Image = Image(file) };

    public static Image Image(string file) => Image(File.ReadAllBytes(DataPath("images", file)));

    public static Image Image(byte[] bytes) => new() { Encoded = ByteString.CopyFrom(bytes) };

    public static Image Raw(int width, int height, byte red, byte green, byte blue)
    {
        var data = new byte[width * height * 3];
        for (var i = 0; i < data.Length; i += 3)
            (data[i], data[i + 1], data[i + 2]) = (red, green, blue);
        return new Image
        {
            Raw = new RawImage
            {
                Width = (uint)width,
                Height = (uint)height,
                Format = PixelFormat.Rgb24,
                Data = ByteString.CopyFrom(data),
            },
        };
    }

    /// <summary>A PNG of one colour.</summary>
    public static byte[] Png(int width, int height, SKColor colour)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(colour);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    public static LabelSet Labels(params string[] labels) => new() { Labels = { labels } };

    public static CallOptions Limited(TimeSpan? limit = null, CancellationToken token = default) =>
        new(deadline: (TimeProvider.System.GetUtcNow() + (limit ?? TimeSpan.FromSeconds(60))).UtcDateTime,
            cancellationToken: token);

    public static float[] Values(EmbedResult result)
    {
        Assert.Equal(EmbedResult.OutcomeOneofCase.Embedding, result.OutcomeCase);
        return [.. result.Embedding.Values];
    }

    public static double Cosine(IReadOnlyList<float> a, IReadOnlyList<float> b)
    {
        double dot = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Count; i++)
        {
            dot += (double)a[i] * b[i];
            aa += (double)a[i] * a[i];
            bb += (double)b[i] * b[i];
        }

        return dot / Math.Sqrt(aa * bb);
    }

    public static double LargestDifference(IReadOnlyList<float> a, IReadOnlyList<float> b)
    {
        Assert.Equal(a.Count, b.Count);
        return a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max();
    }
}
