using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Tensors;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Checkpoints;

/// <summary>
/// A CLIP in a folder as the Hub lays it out: configuration and weights, checked against each other. The weights'
/// tensors end with this object.
/// </summary>
internal sealed class ClipCheckpoint : IDisposable
{
    private readonly ITensorSource _source;

    private ClipCheckpoint(string folder, ITensorSource source, ModelContent content)
    {
        _source = source;
        Content = content;
        var layout = TensorNames.DetectLayout(source.Names) ?? throw Invalid(
            source.Description, "the names of the tensors are neither those of OpenCLIP nor those of transformers.");
        Config = ReadConfig(folder, layout);
        var weights = new CheckpointWeights(source, Config, layout);
        Weights = weights;
        Parameters = weights.Parameters;
        LogitScale = ReadLogitScale(weights, source.Description);
        Layout = layout == CheckpointLayout.OpenClip ? "OpenCLIP" : "transformers";
        WeightFiles = [.. source.Files];
    }

    public ClipConfig Config { get; }

    public IWeights Weights { get; }

    /// <summary>What a cosine is multiplied with before the softmax (exp of the learnt number).</summary>
    public float LogitScale { get; }

    /// <summary>The files that decide on the results.</summary>
    public ModelContent Content { get; }

    /// <summary>Names of the files with the weights.</summary>
    public IReadOnlyList<string> WeightFiles { get; }

    /// <summary>Learnt numbers of both towers.</summary>
    public long Parameters { get; }

    /// <summary>Whose tensor names the weights have: OpenCLIP or transformers.</summary>
    public string Layout { get; }

    /// <summary>Opens the best weights in the folder with the configuration that belongs to them.</summary>
    /// <exception cref="ClipException">
    /// No such folder, a file is missing or not sound, or they do not fit together.
    /// </exception>
    public static ClipCheckpoint Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw NotFound($"There is no model folder {Quote(folder)}.");

        var weights = CheckpointFiles.FindWeights(folder)
            ?? CheckpointFiles.ChooseWeights(name => File.Exists(Path.Combine(folder, name)))
            ?? throw NotFound(
                $"The folder {Quote(folder)} has no weights: none of {string.Join(", ", CheckpointFiles.Weights)}.");
        var content = ModelContent.Of(
            folder, [.. CheckpointFiles.PartsOf(folder, weights), .. CheckpointFiles.Settings]);
        var source = CheckpointFiles.Open(Path.Combine(folder, weights));
        try
        {
            CheckParts(source, content);
            return new ClipCheckpoint(folder, source, content);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Hashes the files: what the numbers of a precision follow from.</summary>
    /// <exception cref="ClipException">A file has changed or cannot be read.</exception>
    public string Identify(Precision precision)
    {
        var digest = Content.ComputeDigest(
            new DigestMemo(null, TimeProvider.System), (_, _) => { }, CancellationToken.None);
        return ModelIdentity.Compute(digest, Config, precision);
    }

    public void Dispose() => _source.Dispose();

    /// <summary>The configuration of the weights' own layout, or the other one where that is not there.</summary>
    private static ClipConfig ReadConfig(string folder, CheckpointLayout layout)
    {
        var hasOpenClip = File.Exists(Path.Combine(folder, OpenClipConfig.FileName));
        var hasTransformers = File.Exists(Path.Combine(folder, TransformersConfig.FileName));
        if (!hasOpenClip && !hasTransformers)
        {
            throw NotFound(
                $"The folder {Quote(folder)} has neither {OpenClipConfig.FileName} nor {TransformersConfig.FileName}.");
        }

        var readsOpenClip = layout == CheckpointLayout.OpenClip ? hasOpenClip : !hasTransformers;
        return readsOpenClip ? OpenClipConfig.Read(folder) : TransformersConfig.Read(folder);
    }

    private static float ReadLogitScale(CheckpointWeights weights, string file)
    {
        var scale = MathF.Exp(TensorConverter.ToFloat32(weights.Get(ClipTensors.LogitScale))[0]);
        return float.IsFinite(scale) && scale > 0
            ? scale
            : throw Invalid(file, "the logit scale is not a finite number.");
    }

    /// <summary>An index replaced while it was being read could name files other than the watched ones.</summary>
    private static void CheckParts(ITensorSource source, ModelContent content)
    {
        var known = content.Files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        if (source.Files.FirstOrDefault(name => !known.Contains(name)) is { } other)
            throw RegularFile.Changed(other);
    }
}
