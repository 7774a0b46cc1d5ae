namespace ClipGrpc.Serving.Budget;

/// <summary>The waiting lines of a share: large reservations must not keep small ones from their turn.</summary>
internal enum MemoryLane
{
    Small,
    Large,
}
