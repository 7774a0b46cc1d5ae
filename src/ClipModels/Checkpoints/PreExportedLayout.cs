using ClipGrpc.Models.Configuration;

namespace ClipGrpc.Models.Checkpoints;

/// <summary>
/// How exporters lay out pre-exported ONNX models, in a folder or on the Hub. Files are named relative to it, with
/// '/' between folders.
/// </summary>
/// <param name="Name">Human-readable.</param>
/// <param name="TokenizerFolder">Empty: the model's own.</param>
/// <param name="ReadConfig">From the model's folder.</param>
/// <param name="Towers">Of a precision: pairs of image and text tower, best first.</param>
internal sealed record PreExportedLayout(
    string Name, string TokenizerFolder, Func<string, ClipConfig> ReadConfig,
    Func<Precision, IReadOnlyList<(string Image, string Text)>> Towers)
{
    /// <summary>The suffixes that files with a tower's large tensors, if any, add to the tower's name.</summary>
    private static readonly string[] DataSuffixes = ["_data", ".data"];

    private static readonly PreExportedLayout Transformers = new(
        "onnx/vision_model.onnx", "", TransformersConfig.Read,
        precision => [.. Suffixes(precision).Select(
            suffix => ($"onnx/vision_model{suffix}.onnx", $"onnx/text_model{suffix}.onnx"))]);

    private static readonly PreExportedLayout OpenClip = new(
        "visual/model.onnx", "textual", OpenClipConfig.ReadExport,
        precision => precision is Precision.Fp32 or Precision.Bf16
            ? [("visual/model.onnx", "textual/model.onnx")]
            : []);

    private static readonly PreExportedLayout[] All = [Transformers, OpenClip];

    /// <summary>The towers that are looked for, human-readable.</summary>
    public static string Wanted { get; } =
        string.Join(", or ", All.SelectMany(layout => layout.Towers(Precision.Fp32)).Select(Show));

    /// <summary>The layout that some tower belongs to; null: none.</summary>
    public static PreExportedLayout? Detect(Func<string, bool> exists) => Array.Find(
        All, layout => Enum.GetValues<Precision>().SelectMany(layout.Towers).Any(
            pair => exists(pair.Image) || exists(pair.Text)));

    /// <summary>The best towers of a precision; null where there are not both of any pair.</summary>
    public (string Image, string Text)? Find(Func<string, bool> exists, Precision precision)
    {
        foreach (var pair in Towers(precision))
        {
            if (exists(pair.Image) && exists(pair.Text))
                return pair;
        }

        return null;
    }

    /// <param name="model">Who has the files, as the beginning of a sentence.</param>
    /// <exception cref="ClipException">There are not both towers of the precision.</exception>
    public (string Image, string Text) Choose(string model, Func<string, bool> exists, Precision precision)
    {
        if (Find(exists, precision) is { } found)
            return found;

        var name = precision.Name();
        var wanted = string.Join(", or ", Towers(precision).Select(Show));
        throw new ClipException(
            ClipErrorReason.InvalidModel,
            wanted.Length > 0
                ? $"{model} has no pre-exported ONNX model in the precision {name}, which requires {wanted}."
                : $"Pre-exported ONNX models in the layout of {Name} support the precisions fp32 and bf16 only, "
                    + $"not {name}.");
    }

    /// <summary>Where the files of two towers lie; empty: the model's own folder.</summary>
    public IEnumerable<string> FoldersOf((string Image, string Text) towers) =>
        new[] { "", TokenizerFolder, FolderOf(towers.Image), FolderOf(towers.Text) }.Distinct();

    /// <summary>
    /// Those of the files that decide on the results of two towers: settings, the towers' data, and the towers last, so
    /// that a tower that has been fetched has all of its data.
    /// </summary>
    public IEnumerable<string> FilesOf((string Image, string Text) towers, IReadOnlyCollection<string> files)
    {
        string[] pair = [towers.Image, towers.Text];
        var settings = FoldersOf(towers).SelectMany(
            folder => CheckpointFiles.Settings.Append(OpenClipConfig.ExportPreprocessingName)
                .Select(name => In(folder, name)));
        return settings.Where(files.Contains).Concat(files.Where(IsData)).Concat(pair);

        bool IsData(string file) => pair.Any(
            tower => file.StartsWith(tower, StringComparison.Ordinal)
                && DataSuffixes.Any(suffix => file.AsSpan(tower.Length).StartsWith(suffix)));
    }

    /// <summary>A file of one of the folders, as it is named here.</summary>
    public static string In(string folder, string name) => folder.Length > 0 ? $"{folder}/{name}" : name;

    private static string FolderOf(string file) => file[..file.LastIndexOf('/')];

    private static string Show((string Image, string Text) pair) => $"{pair.Image} and {pair.Text}";

    private static IEnumerable<string> Suffixes(Precision precision) => precision switch
    {
        Precision.Fp32 or Precision.Bf16 => [""],
        Precision.Fp16 => ["_fp16"],
        _ => ["_int8", "_quantized"],
    };
}
