namespace ClipGrpc.Serving.Budget;

/// <summary>Reserved bytes on their way through the server, with the size class that they were reserved in.</summary>
internal readonly record struct HeldMemory(long Bytes, SizeClass SizeClass);
