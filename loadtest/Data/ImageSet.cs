using ClipGrpc.Imaging.Files;
using Google.Protobuf;
using SkiaSharp;

namespace ClipGrpc.LoadTest.Data;

/// <summary>The images of a measurement, as files' bytes.</summary>
internal static class ImageSet
{
    private const int Made = 16;
    private const int Quality = 85;

    /// <summary>Every image of a folder, by name; files of another kind are passed over.</summary>
    /// <exception cref="LoadTestException">There is no image.</exception>
    public static IReadOnlyList<ByteString> Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new LoadTestException($"folder {folder} not found.");

        var images = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes)
            .Where(bytes => ImageFormats.Recognize(bytes) is not null)
            .Select(bytes => UnsafeByteOperations.UnsafeWrap(bytes))
            .ToList();
        return images.Count > 0
            ? images
            : throw new LoadTestException($"there is no JPEG, PNG, WebP, GIF or BMP in {folder}.");
    }

    /// <summary>
    /// Different JPEGs, always the same ones: colour gradients under blocks of noise, which compress about as
    /// photographs do (some 40 kB at 480 × 360).
    /// </summary>
    public static IReadOnlyList<ByteString> Make(int width, int height) =>
        [.. Enumerable.Range(0, Made).Select(seed => MakeOne(width, height, seed))];

    private static ByteString MakeOne(int width, int height, int seed)
    {
        var random = new Random(seed);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var pixels = bitmap.GetPixelSpan();
        var waves = Enumerable.Range(0, 3).Select(_ => (X: random.NextDouble() / 20, Y: random.NextDouble() / 20))
            .ToArray();
        var noise = new int[(width / 4) + 1];
        for (var y = 0; y < height; y++)
        {
            if (y % 4 == 0)
            {
                for (var i = 0; i < noise.Length; i++)
                    noise[i] = random.Next(-24, 25);
            }

            for (var x = 0; x < width; x++)
            {
                for (var channel = 0; channel < 3; channel++)
                {
                    var wave = Math.Sin((x * waves[channel].X) + (y * waves[channel].Y));
                    pixels[(((y * width) + x) * 4) + channel] = (byte)(128 + (90 * wave) + noise[x / 4]);
                }

                pixels[(((y * width) + x) * 4) + 3] = 255;
            }
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return ByteString.CopyFrom(data.AsSpan());
    }
}
