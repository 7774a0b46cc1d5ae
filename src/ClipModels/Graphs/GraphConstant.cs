using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>A tensor that a graph names and that a session is given where it lies in memory.</summary>
/// <param name="Data">Row-major, little endian; must live as long as the session.</param>
internal sealed record GraphConstant(
    string Name, TensorElementType Type, ImmutableArray<long> Shape, ReadOnlyMemory<byte> Data);
