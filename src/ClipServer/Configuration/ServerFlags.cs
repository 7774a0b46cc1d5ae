using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Server.Configuration;

/// <summary>All flags of the server. The options classes validate the values.</summary>
internal static class ServerFlags
{
    public static IReadOnlyList<ServerFlag> All { get; } =
    [
        new("--model", "Clip:Models", "[NAME=]SOURCE",
            "A model to serve: demo, a model id of the Hugging Face Hub, an OpenCLIP name or a folder. Can be "
            + "repeated; the first is the default model. [default: demo]")
        { Kind = ServerFlagKind.Repeatable },
        new("--grpc-port", "Clip:Server:GrpcPort", "PORT", "Port for gRPC; 0 selects a free port. [default: 50051]"),
        new("--http-port", "Clip:Server:HttpPort", "PORT",
            "Port for metrics, health checks and the HTTP APIs; 0 selects a free port. [default: 8080]"),
        new("--host", "Clip:Server:Host", "ADDRESS",
            "Address to listen on: localhost, an IP address of this machine, or * for all addresses. "
            + "[default: localhost]"),
        new(
            "--device", "Clip:Inference:Device", "[NAME=]DEVICE",
            $"Device that models run on: {DeviceSpec.Forms}. NAME=DEVICE applies to one model. Can be repeated. "
            + "[default: cpu]")
        { Kind = ServerFlagKind.PerModel },
        new("--precision", "Clip:Inference:Precision", "[NAME=]PRECISION",
            $"Precision of the models: {Choices<Precision>()}. NAME=PRECISION applies to one model. Can be repeated. "
            + "[default: fp32]")
        { Kind = ServerFlagKind.PerModel },
        new("--provider", "Clip:Inference:Providers", "NAME=PATH",
            "Library of a plug-in execution provider, such as OpenVINO, for --device NAME. Can be repeated.")
        { Kind = ServerFlagKind.Repeatable },
        new(
            "--max-batch", "Clip:Batching:MaxBatchSize", "N",
            "Maximum number of items per batch. [default: 32]"),
        new("--queue-delay", "Clip:Batching:MaxQueueDelay", "DURATION",
            "How long a batch that is not full waits for more items, such as 0, 2.5ms or 1s. [default: 0]"),
        new("--grpc-listen", "Clip:Server:GrpcListen", "unix:PATH", "Unix domain socket for gRPC, instead of a port."),
        new("--http-listen", "Clip:Server:HttpListen", "unix:PATH", "Unix domain socket for HTTP, instead of a port."),
        new("--admin-socket", "Clip:Server:AdminSocket", "PATH",
            "Unix domain socket that only this user can connect to, with all roles, for example to load models."),
        new("--api-keys", "Clip:Access:ApiKeysFile", "FILE",
            "File of API keys, one per line, as printed by `clip key create`. Callers then need a key."),
        new("--require-auth", "Clip:Access:Required", "",
            "Do not start if callers without credentials would have a role.")
        { Kind = ServerFlagKind.Switch },
        new("--tls-cert", "Clip:Tls:Certificate", "FILE", "Certificate of the server (PEM). Enables TLS."),
        new("--tls-key", "Clip:Tls:Key", "FILE", "Private key of the certificate (PEM)."),
        new("--tls-client-ca", "Clip:Tls:ClientCa", "FILE",
            "Certificate authorities of client certificates (PEM). Callers then need a certificate."),
        new("--log-format", "Clip:Server:LogFormat", "FORMAT", "Format of log lines: text or json. [default: text]"),
    ];

    /// <summary>The flag that sets a key, or null.</summary>
    public static ServerFlag? ForKey(string key) =>
        All.FirstOrDefault(flag => key.Equals(flag.Key, StringComparison.OrdinalIgnoreCase));

    private static string Choices<TEnum>() where TEnum : struct, Enum =>
        string.Join(" or ", Enum.GetNames<TEnum>().Select(name => name.ToLowerInvariant()));
}
