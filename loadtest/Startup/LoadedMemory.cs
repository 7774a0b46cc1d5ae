namespace ClipGrpc.LoadTest.Startup;

/// <summary>What a server took under a full load.</summary>
/// <param name="PeakBytes">Resident memory since its start.</param>
internal sealed record LoadedMemory(
    long? PeakBytes, int LargestImageBatch, int LargestTextBatch, double ImagesPerSecond);
