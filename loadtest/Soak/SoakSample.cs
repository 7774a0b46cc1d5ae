namespace ClipGrpc.LoadTest.Soak;

/// <summary>What the server's process holds at a moment.</summary>
/// <param name="Minutes">Since the load began.</param>
internal sealed record SoakSample(double Minutes, long ResidentBytes, int Handles, int Threads);
