namespace ClipGrpc.Server.Configuration;

/// <summary>A command-line flag and the configuration key that it sets.</summary>
/// <param name="Name">With its dashes: <c>--grpc-port</c>.</param>
/// <param name="Key">The configuration key: <c>Clip:Server:GrpcPort</c>.</param>
/// <param name="ValueName">The placeholder of its value in the help.</param>
/// <param name="Help">Its description in the help.</param>
internal sealed record ServerFlag(string Name, string Key, string ValueName, string Help)
{
    public ServerFlagKind Kind { get; init; } = ServerFlagKind.Value;
}
