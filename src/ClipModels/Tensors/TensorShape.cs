using System.Collections.Immutable;

namespace ClipGrpc.Models.Tensors;

/// <summary>A learnt tensor that an architecture has, by its OpenCLIP name.</summary>
internal sealed record TensorShape(string Name, ImmutableArray<long> Shape);
