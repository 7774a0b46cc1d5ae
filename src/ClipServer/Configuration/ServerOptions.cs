using System.ComponentModel.DataAnnotations;
using System.Net;

namespace ClipGrpc.Server.Configuration;

/// <summary>Section <c>Clip:Server</c>: listeners, connections, shutdown and logs.</summary>
internal sealed class ServerOptions : IValidatableObject
{
    private const string UnixScheme = "unix:";

    /// <summary>
    /// The address to listen on: <c>localhost</c> (default), an IP address of this machine, or <c>*</c> for all
    /// addresses.
    /// </summary>
    [Required]
    public string Host { get; set; } = "localhost";

    /// <summary>Port for gRPC. Default 50051; 0 selects a free port.</summary>
    [Range(0, 65535)]
    public int GrpcPort { get; set; } = 50051;

    /// <summary>
    /// Port for metrics, health checks and the HTTP APIs. Default 8080; 0 selects a free port. With TLS it can be the
    /// gRPC port.
    /// </summary>
    [Range(0, 65535)]
    public int HttpPort { get; set; } = 8080;

    /// <summary>Bytes per gRPC message, received or sent. Default 32 MiB, 64 KiB to 1 GiB.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>
    /// Concurrent calls per connection; further calls, including health checks, wait at the client. Default 2,000, 1 to
    /// 100,000. The default is above the limit per caller, so that a caller is rejected with an error instead. An idle
    /// call takes some kilobytes; received data is bounded by the connection's receive window.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxStreamsPerConnection { get; set; } = 2_000;

    /// <summary>
    /// A connection that has been idle for this time is sent an HTTP/2 ping. Default 1 minute, 1 s to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAlivePingDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>A connection that does not acknowledge a ping in this time is closed. Default 20 seconds, 1 s to
    /// 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAlivePingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Unix domain socket for gRPC, instead of host and port: <c>unix:/run/clip/grpc.sock</c>. Default: none.
    /// </summary>
    public string? GrpcListen { get; set; }

    /// <summary>Unix domain socket for HTTP, instead of host and port. Default: none.</summary>
    public string? HttpListen { get; set; }

    /// <summary>
    /// Path of a Unix domain socket that only the user of this process can connect to. Callers have all roles without
    /// credentials. Default: none.
    /// </summary>
    public string? AdminSocket { get; set; }

    /// <summary>
    /// At shutdown: how long the server continues to accept calls after it reports that it is not ready, so that load
    /// balancers can react. Default 0, at most 5 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan DrainDelay { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// At shutdown: how long calls may take to complete, after the drain delay. Default 30 seconds, 1 s to 15 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:15:00")]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether the process exits when models have failed permanently, so that its supervisor restarts it. Default
    /// <see cref="FailureExit.All"/>.
    /// </summary>
    public FailureExit ExitOnFailure { get; set; } = FailureExit.All;

    /// <summary>The format of log lines. Default <see cref="Configuration.LogFormat.Text"/>.</summary>
    public LogFormat LogFormat { get; set; } = LogFormat.Text;

    /// <summary>Whether one port serves gRPC and HTTP. Requires TLS, which negotiates the protocol.</summary>
    public bool IsOnePort => GrpcPort == HttpPort && GrpcPort != 0 && GrpcListen is null && HttpListen is null;

    /// <summary>The path of <c>unix:/path</c>, or null if the address does not have this form.</summary>
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
                yield return new ValidationResult("must be unix: followed by an absolute path", [member]);
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
