namespace ClipGrpc.Models.Configuration;

/// <summary>A transformer: <paramref name="MlpWidth"/> is the hidden width of its feed-forward blocks.</summary>
internal sealed record TowerConfig(int Layers, int Width, int Heads, int MlpWidth);
