namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>Both numbers, measured one straight after the other.</summary>
/// <param name="Notes">What else was seen, such as statuses.</param>
internal sealed record Round(double First, double Second, IReadOnlyDictionary<string, object>? Notes = null);
