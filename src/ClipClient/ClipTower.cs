using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>The transformer of one modality.</summary>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Width">Elements of a token's hidden state.</param>
/// <param name="Heads">Attention heads per block.</param>
public readonly record struct ClipTower(int Layers, int Width, int Heads)
{
    internal static ClipTower From(V1.Tower? tower) => tower is null
        ? default
        : new ClipTower(
            WireNumbers.Int(tower.Layers), WireNumbers.Int(tower.Width), WireNumbers.Int(tower.Heads));
}
