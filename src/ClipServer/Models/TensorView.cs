using System.Collections.Immutable;

namespace ClipGrpc.Server.Models;

/// <summary>A tensor in place: contiguous, row-major bytes that live as long as their checkpoint.</summary>
internal sealed record TensorView(
    string Name, TensorType Type, ImmutableArray<long> Shape, ReadOnlyMemory<byte> Data);
