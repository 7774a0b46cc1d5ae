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
