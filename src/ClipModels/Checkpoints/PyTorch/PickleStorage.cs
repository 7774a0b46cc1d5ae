using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Checkpoints.PyTorch;

/// <summary>Elements in the archive's entry <c>data/KEY</c>.</summary>
internal sealed record PickleStorage(TensorType Type, string Key, long Elements);
