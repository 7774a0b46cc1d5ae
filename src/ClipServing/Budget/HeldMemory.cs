namespace ClipGrpc.Serving.Budget;

/// <summary>Reserved bytes on their way through the server, with the lane that they are given back to.</summary>
internal readonly record struct HeldMemory(long Bytes, MemoryLane Lane);
