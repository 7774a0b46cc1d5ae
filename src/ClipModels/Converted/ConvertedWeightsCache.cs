using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Checkpoints.Safetensors;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Converted;

/// <summary>
/// Caches weights in the element type that they are computed in, if the checkpoint has another one. The runtime reads
/// them from the cached file; a conversion in memory would keep two copies. Keyed by the model's identity.
/// </summary>
/// <param name="cache">The cache folder; null converts weights in memory.</param>
/// <param name="maxBytes">Maximum bytes of all files; the least recently used ones are removed.</param>
/// <param name="minimum">Minimum bytes of weights that are cached.</param>
internal sealed partial class ConvertedWeightsCache(
    string? cache, long maxBytes, TimeProvider time, ILogger logger, long minimum = 32 << 20)
{
    public const string Folder = "converted";

    /// <summary>Must change when the content of the file changes for the same checkpoint.</summary>
    private const int FormatVersion = 2;

    private readonly ILogger _logger = logger;

    /// <summary>The checkpoint's weights with the large ones as <paramref name="type"/>.</summary>
    /// <param name="identity">The model's identity, which may have to be waited for.</param>
    /// <returns>Dispose of it, if it can be, before the checkpoint.</returns>
    /// <exception cref="ClipException">A value is beyond the type's range.</exception>
    public IWeights Convert(ClipCheckpoint checkpoint, Func<string> identity, TensorType type)
    {
        var tensors = ConvertedWeights.Choose(checkpoint.Config);
        var bytes = tensors.Sum(tensor => tensor.Shape.Aggregate((long)type.Size(), (product, side) => product * side));
        if (cache is null || bytes < minimum || !ConvertedWeights.Differ(checkpoint.Weights, tensors, type))
            return checkpoint.Weights;
        if (bytes > maxBytes)
        {
            TooSmall(maxBytes, bytes, CacheFolder.BytesVariable);
            return checkpoint.Weights;
        }

        try
        {
            var folder = new ConvertedFolder(CacheFolder.Create(cache, Folder), maxBytes, time);
            var name = $"{identity()}-{type}-{FormatVersion}".ToLowerInvariant();
            var use = folder.Use(name);
            try
            {
                var file = TryOpen(folder.PathOf(name)) ?? Write(folder, name, bytes, checkpoint, tensors, type);
                return new ConvertedWeights(checkpoint.Weights, file, use);
            }
            catch
            {
                use.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            CannotKeep(exception, cache, CacheFolder.Variable);
            return checkpoint.Weights;
        }
    }

    private SafetensorsFile? TryOpen(string path)
    {
        if (!File.Exists(path))
            return null;

        try
        {
            return ConvertedFile.Open(path);
        }
        catch (ClipException exception)
        {
            Damaged(path, exception.Message);
            return null;
        }
    }

    private SafetensorsFile Write(
        ConvertedFolder folder, string name, long bytes, ClipCheckpoint checkpoint, IReadOnlyList<TensorShape> tensors,
        TensorType type)
    {
        var path = folder.PathOf(name);
        Writing(path);
        folder.MakeRoom(bytes);
        ConvertedFile.Write(path, checkpoint.Weights, tensors, type);

        // The name identifies the content, so the checkpoint must not have changed during the conversion.
        try
        {
            checkpoint.Content.CheckUnchanged();
        }
        catch
        {
            File.Delete(path);
            throw;
        }

        return ConvertedFile.Open(path);
    }

    [LoggerMessage(3101, LogLevel.Information, "Converting the weights once, into {Path}.")]
    private partial void Writing(string path);

    [LoggerMessage(3102, LogLevel.Warning,
        "The converted weights in {Path} are damaged and are converted again: {Problem}")]
    private partial void Damaged(string path, string problem);

    [LoggerMessage(3103, LogLevel.Warning,
        "The converted weights cannot be stored in {Folder} and need more memory. Set {Variable} to another folder.")]
    private partial void CannotKeep(Exception error, string folder, string variable);

    [LoggerMessage(3104, LogLevel.Warning,
        "The converted-weights cache is limited to {Limit} bytes and the model needs {Bytes}, so the weights are "
        + "converted in memory at every start. Set {Variable} to a higher limit.")]
    private partial void TooSmall(long limit, long bytes, string variable);
}
