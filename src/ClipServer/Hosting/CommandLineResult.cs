namespace ClipGrpc.Server.Hosting;

/// <summary>What a command line asks for.</summary>
/// <param name="ExitCode">Set when there is nothing to serve: help or version was printed, or a flag is wrong.</param>
/// <param name="Settings">Configuration keys and values of the flags that were given.</param>
internal sealed record CommandLineResult(int? ExitCode, IReadOnlyDictionary<string, string?> Settings);
