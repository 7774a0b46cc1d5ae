using System.Collections.Immutable;
using ClipGrpc.Models.Files;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>A tensor that a graph refers to in a file.</summary>
/// <param name="Region">Row-major, little endian.</param>
internal sealed record FileConstant(
    string Name, TensorElementType Type, ImmutableArray<long> Shape, FileRegion Region);
