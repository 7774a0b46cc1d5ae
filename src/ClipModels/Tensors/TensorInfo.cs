using System.Collections.Immutable;

namespace ClipGrpc.Models.Tensors;

/// <summary>What a file says of a tensor.</summary>
/// <param name="Type">Null where the readers do not give out the type.</param>
/// <param name="TypeName">As the file writes it.</param>
/// <param name="Shape">Empty for a scalar.</param>
internal sealed record TensorInfo(TensorType? Type, string TypeName, ImmutableArray<long> Shape);
