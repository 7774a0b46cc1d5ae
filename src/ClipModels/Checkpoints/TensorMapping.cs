using System.Collections.Immutable;

namespace ClipGrpc.Models.Checkpoints;

/// <summary>How a tensor of OpenCLIP's is made of those in a file.</summary>
/// <param name="Sources">Names in the file: one, or several of equal shape to be put one after the other.</param>
/// <param name="IsTransposed">The file has the matrix with rows and columns exchanged.</param>
internal sealed record TensorMapping(ImmutableArray<string> Sources, bool IsTransposed)
{
    /// <summary>The shape that each source must have.</summary>
    public ImmutableArray<long> SourceShape(ImmutableArray<long> shape) => IsTransposed
        ? [shape[1], shape[0]]
        : Sources.Length == 1 ? shape : shape.SetItem(0, shape[0] / Sources.Length);
}
