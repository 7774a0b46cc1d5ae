using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Server.Configuration;

/// <summary>Every flag of the server. The options classes check the values; this only names them.</summary>
internal static class ServerFlags
{
    public static IReadOnlyList<ServerFlag> All { get; } =
    [
        new("--model", "Clip:Models", "[NAME=]SOURCE",
            "A model to serve: demo, a Hub id, an OpenCLIP name or a folder. May stand several times; the first is "
            + "the default model. [default: demo]")
        { Kind = ServerFlagKind.Repeatable },
        new("--grpc-port", "Clip:Server:GrpcPort", "PORT", "Port of gRPC; 0 takes a free one. [default: 50051]"),
        new("--http-port", "Clip:Server:HttpPort", "PORT",
            "Port of metrics, probes and interfaces of other servers; 0 takes a free one. [default: 8080]"),
        new("--host", "Clip:Server:Host", "ADDRESS",
            "Where to listen: localhost, an IP address of this machine, or * for all. [default: localhost]"),
        new(
            "--device", "Clip:Inference:Device", "[NAME=]DEVICE",
            $"Where models run: {DeviceSpec.Forms}. NAME=DEVICE is for one model; may stand several times. "
            + "[default: cpu]")
        { Kind = ServerFlagKind.PerModel },
        new("--precision", "Clip:Inference:Precision", "[NAME=]PRECISION",
            $"Precision of the models: {Choices<Precision>()}. NAME=PRECISION is for one model; may stand several "
            + "times. [default: fp32]")
        { Kind = ServerFlagKind.PerModel },
        new("--provider", "Clip:Inference:Providers", "NAME=PATH",
            "The library of a plug-in execution provider, such as OpenVINO's, for --device NAME. May stand several "
            + "times.")
        { Kind = ServerFlagKind.Repeatable },
        new(
            "--max-batch", "Clip:Batching:MaxBatchSize", "N",
            "Most items that run through a model together. [default: 32]"),
        new("--queue-delay", "Clip:Batching:MaxQueueDelay", "DURATION",
            "How long a batch that is not full may wait for more: 0, 5ms, 2.5ms, 1s. [default: 0]"),
        new("--grpc-listen", "Clip:Server:GrpcListen", "unix:PATH", "A Unix domain socket for gRPC, not a port."),
        new("--http-listen", "Clip:Server:HttpListen", "unix:PATH", "A Unix domain socket for HTTP, not a port."),
        new("--admin-socket", "Clip:Server:AdminSocket", "PATH",
            "A Unix domain socket, open to this user only, over which models can be loaded and unloaded."),
        new("--api-keys", "Clip:Access:ApiKeysFile", "FILE",
            "API keys, one per line, as `clip key create` prints them. Callers then need one."),
        new("--require-auth", "Clip:Access:Required", "",
            "Refuse to start if callers without credentials could do anything.")
        { Kind = ServerFlagKind.Switch },
        new("--tls-cert", "Clip:Tls:Certificate", "FILE", "Certificate of the server, PEM; turns encryption on."),
        new("--tls-key", "Clip:Tls:Key", "FILE", "Private key of the certificate, PEM."),
        new("--tls-client-ca", "Clip:Tls:ClientCa", "FILE",
            "Authorities whose client certificates are accepted, PEM; callers then need one."),
        new("--log-format", "Clip:Server:LogFormat", "FORMAT", "Log lines as text or json. [default: text]"),
    ];

    /// <summary>The flag that sets a key, or null.</summary>
    public static ServerFlag? ForKey(string key) =>
        All.FirstOrDefault(flag => key.Equals(flag.Key, StringComparison.OrdinalIgnoreCase));

    private static string Choices<TEnum>() where TEnum : struct, Enum =>
        string.Join(" or ", Enum.GetNames<TEnum>().Select(name => name.ToLowerInvariant()));
}
