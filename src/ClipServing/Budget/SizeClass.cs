namespace ClipGrpc.Serving.Budget;

/// <summary>The queues of a share. They are separate, so that large reservations do not block small ones.</summary>
internal enum SizeClass
{
    Small,
    Large,
}
