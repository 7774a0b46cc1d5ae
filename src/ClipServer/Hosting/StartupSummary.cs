namespace ClipGrpc.Server.Hosting;

/// <summary>What the start-up screen shows.</summary>
/// <param name="Version">As 1.2.3.</param>
/// <param name="Models">The default model first.</param>
/// <param name="GrpcAddress">Where gRPC answers.</param>
/// <param name="HttpAddress">Where metrics and probes answer.</param>
/// <param name="PageAddress">Where a browser finds the page; null: nowhere.</param>
/// <param name="NextCommand">A command that shows the server working.</param>
internal sealed record StartupSummary(
    string Version, IReadOnlyList<StartupModel> Models, Uri GrpcAddress, Uri HttpAddress, Uri? PageAddress,
    string NextCommand);
