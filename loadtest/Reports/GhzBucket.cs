namespace ClipGrpc.LoadTest.Reports;

/// <param name="Mark">The bucket's upper end, seconds.</param>
/// <param name="Frequency">Part of all, 0 to 1.</param>
internal sealed record GhzBucket(double Mark, long Count, double Frequency);
