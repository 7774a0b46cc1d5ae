using ClipGrpc.Models.Files;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>The elements of a tensor, row-major, and where in a file they lie, if they do.</summary>
internal readonly record struct WeightData(ReadOnlyMemory<byte> Bytes, FileRegion? Region, TensorElementType Type);
