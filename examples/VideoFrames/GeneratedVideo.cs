namespace ClipGrpc.Examples.VideoFrames;

/// <summary>A video to try the example without a decoder: a disc on white whose color changes once.</summary>
internal static class GeneratedVideo
{
    private static readonly byte[] Yellow = [255, 205, 40];
    private static readonly byte[] Red = [220, 45, 50];

    /// <summary>Raw RGB frames, one after the other: yellow in the first half, red in the second.</summary>
    public static Stream Create(int width, int height, int frameCount)
    {
        var pixels = new byte[frameCount * height * width * 3];
        Array.Fill(pixels, byte.MaxValue);
        for (var frame = 0; frame < frameCount; frame++)
        {
            var color = frame < frameCount / 2 ? Yellow : Red;
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    if (IsInDisc(x - (width / 2), y - (height / 2), Math.Min(width, height) * 0.4))
                    {
                        color.CopyTo(pixels, ((((frame * height) + y) * width) + x) * 3);
                    }
                }
            }
        }

        return new MemoryStream(pixels, writable: false);
    }

    private static bool IsInDisc(int x, int y, double radius) => (x * x) + (y * y) <= radius * radius;
}
