namespace ClipGrpc.LoadTest.Reports;

/// <summary>What was run. Times in nanoseconds.</summary>
/// <param name="Rps">Calls a second of an open loop.</param>
internal sealed record GhzOptions(
    string Call, string Host, int Connections, int? Concurrency, double? Rps, bool Async, double Duration,
    double Timeout, bool Insecure);
