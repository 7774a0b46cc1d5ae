using System.Diagnostics;
using System.Globalization;

namespace ClipGrpc.Client;

/// <summary>How well a label matches an image.</summary>
/// <param name="Label">The label.</param>
/// <param name="Index">The zero-based index of the label.</param>
/// <param name="Probability">Softmax over all labels of logit scale × cosine; 0 to 1.</param>
/// <param name="Cosine">Cosine similarity of image and label; −1 to 1.</param>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct ClipPrediction(string Label, int Index, float Probability, float Cosine)
{
    /// <summary>The label and its probability.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Label} {Probability:P1}");

    internal static ClipPrediction From(V1.Prediction prediction) =>
        new(prediction.Label, (int)prediction.Index, prediction.Probability, prediction.Cosine);
}
