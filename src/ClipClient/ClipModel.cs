using System.Diagnostics;
using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>
/// A model of the server. While it is loading, only the name, the source, the state and whether it is the default are
/// known.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed record ClipModel
{
    /// <summary>The name that the model is served under.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// What was requested: <c>demo</c>, a folder on the server, a model id of the Hugging Face Hub or an OpenCLIP name.
    /// </summary>
    public string Source { get; init; } = "";

    /// <summary>
    /// The first 12 hexadecimal digits of the model's identity. Embeddings of models with the same revision are
    /// comparable.
    /// </summary>
    public string Revision { get; init; } = "";

    /// <summary>The state of the model.</summary>
    public ModelState State { get; init; }

    /// <summary>Whether calls without a model name use this model.</summary>
    public bool IsDefault { get; init; }

    /// <summary><c>fp32</c>, <c>fp16</c>, <c>bf16</c> or <c>int8</c>.</summary>
    public string Precision { get; init; } = "";

    /// <summary>
    /// The ONNX Runtime execution provider: <c>CPU</c>, <c>CUDA</c>, or that of a plug-in, such as <c>OpenVINO</c>.
    /// </summary>
    public string Provider { get; init; } = "";

    /// <summary>
    /// The device: <c>cpu</c>, <c>cuda:0</c>, or one of a plug-in execution provider, such as <c>openvino:cpu:0</c>.
    /// </summary>
    public string Device { get; init; } = "";

    /// <summary>Dimensions, image size, context length and other properties; null while the model is loading.</summary>
    public ClipModelArchitecture? Architecture { get; init; }

    /// <summary>The factor that cosines are multiplied by before the softmax.</summary>
    public float LogitScale { get; init; }

    /// <summary>Information from the authors of the model, or null.</summary>
    public ClipModelCard? Card { get; init; }

    /// <summary>Maximum number of items per batch.</summary>
    public int MaxBatchSize { get; init; }

    /// <summary>
    /// How images are prepared; null while the model is loading, or if the server does not report it.
    /// </summary>
    public ClipImagePreparation? ImagePreparation { get; init; }

    /// <summary>The name, the revision, the state and the precision.</summary>
    public override string ToString() =>
        $"{new ClipModelRef(Name, Revision)} ({State}{(Precision.Length > 0 ? $", {Precision}" : "")})";

    internal static ClipModel From(V1.Model model) => new()
    {
        Name = model.Name,
        Source = model.Source,
        Revision = model.Revision,
        State = WireEnums.FromWire(model.State),
        IsDefault = model.IsDefault,
        Precision = model.Precision,
        Provider = model.Provider,
        Device = model.Device,
        Architecture = model.Architecture is { } architecture ? ClipModelArchitecture.From(architecture) : null,
        LogitScale = model.LogitScale,
        Card = model.Card is { } card ? ClipModelCard.From(card) : null,
        MaxBatchSize = WireNumbers.Int(model.MaxBatchSize),
        ImagePreparation = model.ImagePreparation is { } preparation ? ClipImagePreparation.From(preparation) : null,
    };
}
