using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions.PreExported;

/// <summary>An initializer of an ONNX model that lies in a file beside it.</summary>
/// <param name="File">Relative to the model's folder.</param>
/// <param name="Length">Bytes; null: up to the end of the file.</param>
/// <param name="IsKept">Whether the runtime computes with it in place rather than with a rearranged copy.</param>
internal sealed record ExternalTensor(
    string Name, TensorElementType Type, ImmutableArray<long> Shape, string File, long Offset, long? Length,
    bool IsKept);
