using System.Security.Cryptography;
using System.Text;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Checkpoints.Safetensors;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Converted;

/// <summary>
/// Keeps weights in the element type that they are computed in, where the checkpoint has another one. The runtime then
/// maps them from the file; converted in memory they would be there twice. Keyed by the content they were made from.
/// </summary>
/// <param name="cache">The cache folder; null: weights are converted in memory.</param>
internal sealed partial class ConvertedWeightsCache(string? cache, ILogger logger)
{
    /// <summary>Changes whenever the same checkpoint would give another file.</summary>
    private const int FormatVersion = 1;

    /// <summary>Bytes of the smallest weights that it is worth it for.</summary>
    private const long Minimum = 32 << 20;

    private readonly ILogger _logger = logger;

    /// <summary>The checkpoint's weights with the large ones as <paramref name="type"/>.</summary>
    /// <returns>Dispose of it, if it can be, before the checkpoint.</returns>
    /// <exception cref="ClipException">A value is beyond the type's range.</exception>
    public IWeights Convert(ClipCheckpoint checkpoint, TensorType type) => Convert(checkpoint, type, Minimum);

    public IWeights Convert(ClipCheckpoint checkpoint, TensorType type, long minimum)
    {
        var tensors = ConvertedWeights.Choose(checkpoint.Config);
        var bytes = tensors.Sum(tensor => tensor.Shape.Aggregate((long)type.Size(), (product, side) => product * side));
        if (cache is null || bytes < minimum || !ConvertedWeights.Differ(checkpoint.Weights, tensors, type))
            return checkpoint.Weights;

        var name = $"{Key(checkpoint, type)}.safetensors";
        try
        {
            var path = Path.Combine(CacheFolder.Create(cache, "converted"), name);
            return new ConvertedWeights(checkpoint.Weights, OpenOrWrite(path, checkpoint, tensors, type));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            CannotKeep(exception, cache, CacheFolder.Variable);
            return checkpoint.Weights;
        }
    }

    private SafetensorsFile OpenOrWrite(
        string path, ClipCheckpoint checkpoint, IReadOnlyList<TensorShape> tensors, TensorType type)
    {
        if (File.Exists(path))
        {
            try
            {
                return ConvertedFile.Open(path);
            }
            catch (ClipException exception)
            {
                Damaged(path, exception.Message);
            }
        }

        Writing(path);
        ConvertedFile.Write(path, checkpoint.Weights, tensors, type);
        return ConvertedFile.Open(path);
    }

    private static string Key(ClipCheckpoint checkpoint, TensorType type)
    {
        var files = string.Join('\n', checkpoint.WeightFiles);
        var key = $"{FormatVersion}\n{checkpoint.Revision}\n{checkpoint.Parameters}\n{type}\n{files}";
        return System.Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
    }

    [LoggerMessage(3101, LogLevel.Information, "The weights are converted once, into the file {Path}.")]
    private partial void Writing(string path);

    [LoggerMessage(3102, LogLevel.Warning, "The converted weights in {Path} are damaged and are written again: {Problem}")]
    private partial void Damaged(string path, string problem);

    [LoggerMessage(3103, LogLevel.Warning,
        "The converted weights cannot be kept in {Folder}, so they need more memory. {Variable} names another folder.")]
    private partial void CannotKeep(Exception error, string folder, string variable);
}
