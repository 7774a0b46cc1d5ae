namespace ClipGrpc.Cli.Video;

/// <summary>A small RGB copy of a frame.</summary>
internal sealed record Thumbnail(int Width, int Height, byte[] Pixels)
{
    private const int MaxWidth = 192;
    private const int MaxHeight = 144;

    // Enough points per pixel for a smooth image, and few enough to keep up with any video.
    private const int PointsPerAxis = 4;

    public static Thumbnail Create(DecodedFrame frame)
    {
        var scale = Math.Min(1, Math.Min((double)MaxWidth / frame.Width, (double)MaxHeight / frame.Height));
        var (width, height) = (Even(frame.Width * scale), Even(frame.Height * scale));
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                Average(frame, x, y, width, height).CopyTo(pixels.AsSpan(((y * width) + x) * 3));
        }

        return new Thumbnail(width, height, pixels);
    }

    // JPEG halves the color in both directions.
    private static int Even(double size) => Math.Max(2, (int)Math.Round(size / 2) * 2);

    private static byte[] Average(DecodedFrame frame, int x, int y, int width, int height)
    {
        Span<int> sums = [0, 0, 0];
        for (var row = 0; row < PointsPerAxis; row++)
        {
            var sourceY = Point(y, row, height, frame.Height);
            for (var column = 0; column < PointsPerAxis; column++)
            {
                var pixel = ((sourceY * frame.Width) + Point(x, column, width, frame.Width)) * 3;
                sums[0] += frame.Pixels[pixel];
                sums[1] += frame.Pixels[pixel + 1];
                sums[2] += frame.Pixels[pixel + 2];
            }
        }

        const int points = PointsPerAxis * PointsPerAxis;
        return [(byte)(sums[0] / points), (byte)(sums[1] / points), (byte)(sums[2] / points)];
    }

    private static int Point(int target, int part, int targets, int sources) => (int)Math.Min(
        sources - 1, (target + (part + 0.5) / PointsPerAxis) * sources / targets);
}
