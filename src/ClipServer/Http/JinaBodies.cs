namespace ClipGrpc.Server.Http;

internal sealed record JinaUsage(int TotalTokens);

/// <param name="LabelSetId">Takes the place of the labels in later requests.</param>
internal sealed record JinaClassifications(
    string Model, JinaClassification[] Data, JinaUsage Usage, string LabelSetId);

internal sealed record JinaClassification(
    string Object, int Index, string Prediction, float Score, JinaPrediction[] Predictions);

internal sealed record JinaPrediction(string Label, float Score);

internal sealed record JinaRanking(string Model, JinaRank[] Results, JinaUsage Usage);

internal sealed record JinaRank(int Index, float RelevanceScore);
