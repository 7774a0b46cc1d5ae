using System.Collections.Immutable;

namespace ClipGrpc.Models.Checkpoints.Safetensors;

/// <summary>
/// One tensor of a safetensors header. <paramref name="Begin"/> and <paramref name="End"/> count from the data's start.
/// </summary>
internal sealed record SafetensorsEntry(string Name, string Type, ImmutableArray<long> Shape, long Begin, long End);
