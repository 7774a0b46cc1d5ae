namespace ClipGrpc.Serving.Labels;

/// <summary>A label or candidate by its place, compared with an image or query.</summary>
internal readonly record struct Scored(int Index, float Cosine, float Probability);
