using ClipGrpc.Server.Models;
using ClipGrpc.Server.Models.Configuration;

namespace ClipGrpc.Server.Inference.ReadyMade;

/// <summary>How exporters lay out a folder of ready-made ONNX towers.</summary>
/// <param name="Name">For people.</param>
/// <param name="TokenizerFolder">Relative to the model's folder.</param>
/// <param name="ReadConfig">From the model's folder.</param>
/// <param name="Files">Of a precision: pairs of image and text tower, best first.</param>
internal sealed record ReadyLayout(
    string Name, string TokenizerFolder, Func<string, ClipConfig> ReadConfig,
    Func<Precision, IReadOnlyList<(string Image, string Text)>> Files)
{
    private static readonly ReadyLayout Transformers = new(
        "onnx/vision_model.onnx", "", TransformersConfig.Read,
        precision => [.. Suffixes(precision).Select(
            suffix => ($"onnx/vision_model{suffix}.onnx", $"onnx/text_model{suffix}.onnx"))]);

    private static readonly ReadyLayout OpenClip = new(
        "visual/model.onnx", "textual", OpenClipConfig.ReadExport,
        precision => precision == Precision.Fp32 ? [("visual/model.onnx", "textual/model.onnx")] : []);

    /// <summary>The layout that some file of the folder belongs to; null: none.</summary>
    public static ReadyLayout? Detect(string folder) => new[] { Transformers, OpenClip }.FirstOrDefault(
        layout => Enum.GetValues<Precision>().SelectMany(layout.Files).Any(
            pair => File.Exists(Path.Combine(folder, pair.Image)) || File.Exists(Path.Combine(folder, pair.Text))));

    /// <summary>The towers of a precision.</summary>
    /// <exception cref="ClipException">The folder does not have both.</exception>
    public (string Image, string Text) Choose(string folder, Precision precision)
    {
        foreach ((string Image, string Text) pair in Files(precision))
        {
            if (File.Exists(Path.Combine(folder, pair.Image)) && File.Exists(Path.Combine(folder, pair.Text)))
                return pair;
        }

        string name = precision.ToString().ToLowerInvariant();
        string wanted = string.Join(", or ", Files(precision).Select(pair => $"{pair.Image} and {pair.Text}"));
        throw new ClipException(
            ClipErrorCode.InvalidInput,
            wanted.Length > 0
                ? $"The model's folder has no ready-made towers of the precision {name}: these are {wanted}."
                : $"Ready-made towers laid out as {Name} are served with the precision fp32 only, not {name}.");
    }

    private static IEnumerable<string> Suffixes(Precision precision) => precision switch
    {
        Precision.Fp32 => [""],
        Precision.Fp16 => ["_fp16"],
        _ => ["_int8", "_quantized"],
    };
}
