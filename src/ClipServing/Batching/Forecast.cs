namespace ClipGrpc.Serving.Batching;

/// <summary>What becomes of an item if it is admitted now.</summary>
/// <param name="IsMet">It ends before its deadline, and makes no admitted item late.</param>
/// <param name="Start">Seconds until its batch starts.</param>
/// <param name="Ahead">Seconds until all that runs before it has ended.</param>
internal readonly record struct Forecast(bool IsMet, double Start, double Ahead);
