namespace ClipGrpc.LoadTest.Attacks;

/// <summary>What an attack did to a server. Memory is resident, in bytes.</summary>
/// <param name="PoliteOk">Share of the polite caller's calls that succeeded.</param>
/// <param name="PoliteStatuses">The others, by their status.</param>
internal sealed record AttackResult(
    string Name,
    bool Alive,
    long Calls,
    double PoliteOk,
    IReadOnlyDictionary<string, int> PoliteStatuses,
    double PoliteP99Seconds,
    long IdleBytes,
    long PeakBytes,
    long SettledBytes);
