using ClipGrpc.V1;

namespace ClipGrpc.Client;

/// <summary>How well a label fits an image.</summary>
/// <param name="Label">The label.</param>
/// <param name="Index">Its place among the labels, from 0.</param>
/// <param name="Probability">Softmax over all labels of logit scale × cosine; 0 to 1.</param>
/// <param name="Cosine">Cosine similarity of image and label; −1 to 1.</param>
public readonly record struct ClipPrediction(string Label, int Index, float Probability, float Cosine)
{
    internal static ClipPrediction From(Prediction prediction) =>
        new(prediction.Label, (int)prediction.Index, prediction.Probability, prediction.Cosine);
}
