using System.Collections.Immutable;

namespace ClipGrpc.Server.Models;

/// <summary>A tensor in place: contiguous, row-major bytes that live as long as their checkpoint.</summary>
internal sealed record TensorView(
    string Name, TensorType Type, ImmutableArray<long> Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>
    /// Where in a file <see cref="Data"/> lies as it is, uncompressed; null where it does not. The runtime then maps
    /// these bytes itself and lets go of them once it has its own arrangement of them.
    /// </summary>
    public FileRegion? Region { get; init; }
}
