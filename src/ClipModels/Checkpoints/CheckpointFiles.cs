using ClipGrpc.Models.Checkpoints.PyTorch;
using ClipGrpc.Models.Checkpoints.Safetensors;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Checkpoints;

/// <summary>Which files of a folder make a checkpoint.</summary>
internal static class CheckpointFiles
{
    private const string IndexSuffix = ".index.json";

    /// <summary>Weights, best first: safetensors before PyTorch, OpenCLIP's own before the others.</summary>
    public static IReadOnlyList<string> Weights { get; } =
    [
        "open_clip_model.safetensors",
        "model.safetensors",
        "model.safetensors" + IndexSuffix,
        "open_clip_pytorch_model.bin",
        "pytorch_model.bin",
        "pytorch_model.bin" + IndexSuffix,
    ];

    /// <summary>Small files that decide on the results, beside the weights.</summary>
    public static IReadOnlyList<string> Settings { get; } =
    [
        OpenClipConfig.FileName,
        TransformersConfig.FileName,
        TransformersPreprocessing.FileName,
        TransformersPreprocessing.ProcessorFileName,
        "vocab.json",
        "merges.txt",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
    ];

    /// <summary>The best weights among the files that there are; null where there are none.</summary>
    public static string? ChooseWeights(Func<string, bool> exists) => Weights.FirstOrDefault(exists);

    /// <summary>
    /// The best weights in a folder that hold both towers; null where there are none. Repositories of timm have a
    /// <c>model.safetensors</c> that is an image tower alone, beside the weights of the whole model.
    /// </summary>
    public static string? FindWeights(string folder) => ChooseWeights(
        name => File.Exists(Path.Combine(folder, name)) && !IsOneTower(Path.Combine(folder, name)));

    /// <summary>Whether weights can be read but lack a tower. The loader reports weights that cannot be read.</summary>
    public static bool IsOneTower(string path)
    {
        try
        {
            using var source = Open(path);
            return !TensorNames.HaveBothTowers(source.Names);
        }
        catch (ClipException)
        {
            return false;
        }
    }

    /// <summary>Weights and the files that they are spread over.</summary>
    /// <exception cref="ClipException">The index is not sound.</exception>
    public static IEnumerable<string> PartsOf(string folder, string weights) =>
        IsIndex(weights) ? ShardIndex.Read(Path.Combine(folder, weights)).Files.Prepend(weights) : [weights];

    /// <summary>Whether weights are a list of other files.</summary>
    public static bool IsIndex(string path) => path.EndsWith(IndexSuffix, StringComparison.Ordinal);

    /// <exception cref="ClipException">A file is missing or not sound.</exception>
    public static ITensorSource Open(string path) =>
        IsIndex(path) ? ShardedTensors.Open(path, OpenSingle) : OpenSingle(path);

    private static ITensorSource OpenSingle(string path) => Path.GetExtension(path) switch
    {
        ".safetensors" => SafetensorsFile.Open(path),
        ".bin" => PyTorchFile.Open(path),
        var extension => throw Invalid(
            Path.GetFileName(path), $"weights in {Quote(extension)} files are not supported."),
    };
}
