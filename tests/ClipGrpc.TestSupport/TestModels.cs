using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Converted;
using ClipGrpc.Models.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClipGrpc.TestSupport;

/// <summary>Models as the server opens them.</summary>
internal static class TestModels
{
    /// <param name="cache">The cache folder; null: nothing is kept.</param>
    public static ModelFiles Open(string folder, Precision precision = Precision.Fp32, string? cache = null) =>
        new ModelOpener(Converted(cache), new DigestMemo(cache, TimeProvider.System, minimum: 0))
            .Open(folder, precision);

    /// <summary>The converted weights of a cache folder.</summary>
    /// <param name="minimum">Bytes of the smallest weights that are kept.</param>
    public static ConvertedWeightsCache Converted(
        string? cache, long maxBytes = long.MaxValue, TimeProvider? time = null, long minimum = 0) =>
        new(cache, maxBytes, time ?? TimeProvider.System, NullLogger.Instance, minimum);
}
