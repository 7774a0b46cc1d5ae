namespace ClipGrpc.Server.Benchmarks;

/// <summary>The server's parts, without its listeners.</summary>
/// <param name="settings">Configuration keys that override files and environment.</param>
internal delegate ServiceProvider BenchmarkServices(IReadOnlyDictionary<string, string?> settings);
