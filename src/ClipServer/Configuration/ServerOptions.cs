using System.ComponentModel.DataAnnotations;
using System.Net;

namespace ClipGrpc.Server.Configuration;

/// <summary>Section <c>Clip:Server</c>: where the server listens and what it allows.</summary>
internal sealed class ServerOptions : IValidatableObject
{
    private const string UnixScheme = "unix:";

    /// <summary>
    /// <c>localhost</c> (default), an IP address of this machine, or <c>*</c> for all addresses.
    /// </summary>
    [Required]
    public string Host { get; set; } = "localhost";

    /// <summary>HTTP/2 for gRPC. Default 50051; 0 takes a free port; at most 65535.</summary>
    [Range(0, 65535)]
    public int GrpcPort { get; set; } = 50051;

    /// <summary>
    /// HTTP for metrics, probes and the interfaces of other servers. Default 8080; 0 takes a free port; at most 65535.
    /// With TLS it may be the port of gRPC.
    /// </summary>
    [Range(0, 65535)]
    public int HttpPort { get; set; } = 8080;

    /// <summary>Bytes of one gRPC message, in and out. Default 32 MiB, 64 KiB to 1 GiB.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>
    /// Calls at once on one connection; more wait at the client, health checks too. Default 2,000, which is more than
    /// one caller may have, so that it is told instead; 1 to 100,000. An idle call takes some kilobytes, and what calls
    /// receive is bounded by the connection's window.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxStreamsPerConnection { get; set; } = 2_000;

    /// <summary>
    /// A silent connection is asked for a sign of life after this time. Default 1 minute, 1 s to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAlivePingDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>A connection that does not answer for so long is closed. Default 20 seconds, 1 s to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAlivePingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// A Unix domain socket for gRPC in place of host and port: <c>unix:/run/clip/grpc.sock</c>. Default: none.
    /// </summary>
    public string? GrpcListen { get; set; }

    /// <summary>The same for HTTP. Default: none.</summary>
    public string? HttpListen { get; set; }

    /// <summary>
    /// Path of a Unix domain socket that only this process's user can open, over which every role is granted without
    /// credentials. Default: none.
    /// </summary>
    public string? AdminSocket { get; set; }

    /// <summary>
    /// When asked to stop: how long the server still takes calls after it has said that it is not ready, so that load
    /// balancers notice. Default 0, at most 5 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan DrainDelay { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// When asked to stop: how long calls may take to end, the drain delay not counted. Default 30 seconds, 1 s to
    /// 15 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:15:00")]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// When the process ends because models have failed for good, so that whoever supervises it starts it again.
    /// Default <see cref="FailureExit.All"/>.
    /// </summary>
    public FailureExit ExitOnFailure { get; set; } = FailureExit.All;

    /// <summary>Default <see cref="Configuration.LogFormat.Text"/>.</summary>
    public LogFormat LogFormat { get; set; } = LogFormat.Text;

    /// <summary>Whether one port serves gRPC and HTTP, which needs encryption to tell them apart.</summary>
    public bool IsOnePort => GrpcPort == HttpPort && GrpcPort != 0 && GrpcListen is null && HttpListen is null;

    /// <summary>The path of <c>unix:/path</c>; null: it is not that.</summary>
    public static string? SocketPath(string? address) =>
        address?.StartsWith(UnixScheme, StringComparison.Ordinal) == true
        && Path.IsPathFullyQualified(address[UnixScheme.Length..])
            ? address[UnixScheme.Length..]
            : null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (address, member) in new[] { (GrpcListen, nameof(GrpcListen)), (HttpListen, nameof(HttpListen)) })
        {
            if (address is not null && SocketPath(address) is null)
                yield return new ValidationResult("must be unix: and an absolute path", [member]);
        }

        if (AdminSocket is not null && !Path.IsPathFullyQualified(AdminSocket))
            yield return new ValidationResult("must be an absolute path", [nameof(AdminSocket)]);

        if (!string.IsNullOrWhiteSpace(Host) && Host is not ("localhost" or "*") && !IPAddress.TryParse(Host, out _))
        {
            yield return new ValidationResult(
                $"must be localhost, * or an IP address of this machine, but is '{Host}'", [nameof(Host)]);
        }
    }
}
