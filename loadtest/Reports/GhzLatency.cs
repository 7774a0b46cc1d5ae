namespace ClipGrpc.LoadTest.Reports;

/// <param name="Latency">Nanoseconds.</param>
internal sealed record GhzLatency(double Percentage, double Latency);
