using ClipGrpc.Models.Configuration;

namespace ClipGrpc.LoadTest.Devices;

/// <summary>
/// Floating-point operations of the matrix products that the built image tower does for an image; a multiplication
/// and an addition are two. The last block computes one query, so it is less than an export of the same model does.
/// </summary>
internal static class TowerOperations
{
    public static double OfImage(ClipConfig config)
    {
        double tokens = config.Patches + 1;
        double width = config.Vision.Width;
        double mlp = config.Vision.MlpWidth;
        var patches = config.Patches * (3.0 * config.PatchSize * config.PatchSize) * width;
        var projections = tokens * width * width * 4;
        var attention = 2 * tokens * tokens * width;
        var feedForward = 2 * tokens * width * mlp;
        var blocks = (config.Vision.Layers - 1) * (projections + attention + feedForward);
        var lastBlock = (4 * width * width) + (2 * config.Vision.Heads * tokens * width) + (2 * width * mlp);
        return 2 * (patches + blocks + lastBlock + (width * config.EmbeddingDimensions));
    }
}
