namespace ClipGrpc.Serving.Batching;

/// <summary>The expected result of admitting an item now.</summary>
/// <param name="IsMet">Whether it ends before its deadline and makes no admitted item late.</param>
/// <param name="Start">Seconds until its batch starts.</param>
/// <param name="Ahead">Seconds until all work before it has ended.</param>
internal readonly record struct Forecast(bool IsMet, double Start, double Ahead);
