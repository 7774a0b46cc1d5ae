using System.Diagnostics;
using System.Text.Json.Serialization;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace ClipGrpc.Client;

/// <summary>Options of a <see cref="ClipClient"/>: servers, credentials, deadlines, batches and retries.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClipClientOptions
{
    /// <summary>The default address of a server on this machine.</summary>
    public const string DefaultAddress = "http://localhost:50051";

    /// <summary>
    /// The addresses of the servers: either one or more <c>http://host:port</c> (or all <c>https://host:port</c>), or
    /// exactly one <c>dns:///name:port</c> or <c>unix:/path</c>. <c>host:port</c> means <c>http</c>, or <c>https</c> if
    /// <see cref="Tls"/> is used. If empty, <see cref="DefaultAddress"/>, with <c>https</c> if <see cref="Tls"/> is
    /// used. Calls are distributed over several addresses, and over all addresses of a DNS name, by round robin;
    /// addresses that cannot be reached are skipped.
    /// </summary>
    public IList<string> Addresses { get; } = [];

    /// <summary>
    /// An API key of the server, or a bearer token. Default: null, for none. It is sent with each call as
    /// <c>authorization: Bearer …</c>. The property is read for each call, so a new key applies from the next call on.
    /// It is not sent to other machines without TLS, see <see cref="AllowCleartextCredentials"/>.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    [JsonIgnore]
    public string? ApiKey { get; set; }

    /// <summary>Headers that are sent with each call, for example for a gateway.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    [JsonIgnore]
    public IDictionary<string, string> Headers { get; } =
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether <see cref="ApiKey"/>, and headers that contain credentials, can be sent to other machines without TLS.
    /// Set it only if the network itself is encrypted, because the credentials can be read in transit. Default: false;
    /// such options are then not valid. The loopback interface and Unix domain sockets are always allowed.
    /// </summary>
    public bool AllowCleartextCredentials { get; set; }

    /// <summary>TLS: the trusted certificate authorities, and the client's certificate for mutual TLS.</summary>
    public ClipClientTlsOptions Tls { get; } = new();

    /// <summary>
    /// Overrides the channel credentials (none or TLS) that are derived from the addresses and <see cref="Tls"/>, for
    /// example to add call credentials other than <see cref="ApiKey"/>.
    /// </summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>
    /// The deadline of each unary call, including retries and the creation of a label set. More than zero, or
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for none. Default: 30 seconds. If a batch is split, it
    /// applies to each of its calls. Streams have no deadline unless their options set one.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The deadline of LoadModel and UnloadModel, which can download gigabytes or wait for accepted work. More than
    /// zero, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for none. Default: 10 minutes.
    /// </summary>
    public TimeSpan LoadTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Maximum bytes per message, sent or received; 1 KiB to 1 GiB. Default: 32 MiB, the server's default.
    /// </summary>
    public int MaxMessageBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>
    /// Maximum items per call when a batch is split; at least 1. Default: null, for the server's limit, which applies
    /// in any case.
    /// </summary>
    public int? MaxItemsPerCall { get; set; }

    /// <summary>Maximum concurrent calls per batch; 1 to 256. Default: 4.</summary>
    public int MaxConcurrentCalls { get; set; } = 4;

    /// <summary>
    /// How long an operation is retried. A unary call is retried after UNAVAILABLE, RESOURCE_EXHAUSTED or a broken
    /// connection, but not beyond its deadline. For a stream that resumes, the time starts at its last response. More
    /// than zero, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit. Default: 2 minutes. If no
    /// server has been available for this time, new calls make one attempt. LoadModel and UnloadModel are not retried.
    /// </summary>
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Replaces <see cref="RetryFor"/> until a server has responded for the first time, for example so that a tool
    /// reports a wrong address early. Default: null, for the value of <see cref="RetryFor"/>.
    /// </summary>
    public TimeSpan? InitialRetryFor { get; set; }

    /// <summary>
    /// Maximum attempts per operation, including the first; at least 1, which means no retries. Default: null, for no
    /// limit except <see cref="RetryFor"/> and the deadline. For a stream, only attempts without a response count.
    /// </summary>
    public int? MaxAttempts { get; set; }

    /// <summary>
    /// Called with the first error when calls start to wait for a server that responded before and has become
    /// unavailable. Called again only after a server has responded. Must not block.
    /// </summary>
    public Action<ClipClientException>? OnServerLost { get; set; }

    /// <summary>
    /// Maximum delay before the first retry, doubled for each further one. The actual delay is random, between half of
    /// this and all of it. More than zero. Default: 200 ms. A delay that the server returns takes precedence.
    /// </summary>
    public TimeSpan InitialBackoff { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Maximum delay between two attempts; at least <see cref="InitialBackoff"/>. Default: 5 seconds.
    /// </summary>
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock for deadlines and for delays between attempts.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// The logger factory of the channel. Default: null, for no logging. With dependency injection, the application's.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; set; }

#if NET
    /// <summary>
    /// Configures the HTTP handler before its first use, for example proxies, timeouts and keep-alive pings. Setting
    /// <c>ConnectCallback</c> disables load balancing.
    /// </summary>
    public Action<SocketsHttpHandler>? ConfigureHandler { get; set; }
#endif

    /// <summary>
    /// Interceptors, which run for each attempt of each call. The first is the outermost. <see cref="ApiKey"/> is added
    /// after them.
    /// </summary>
    public IList<Interceptor> Interceptors { get; } = [];

    /// <summary>
    /// How often the addresses of a <c>dns:///</c> name are resolved, so that added servers receive calls. More than
    /// zero, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> to resolve only when a connection is lost.
    /// Default: 30 seconds.
    /// </summary>
    public TimeSpan DnsRefreshInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Returns the addresses and whether credentials are set, but not the credentials.</summary>
    public override string ToString() =>
        $"{(Addresses.Count == 0 ? DefaultAddress : string.Join(", ", Addresses))}; "
        + $"API key: {(ApiKey is null ? "none" : "set")}; "
        + $"headers: {(Headers.Count == 0 ? "none" : string.Join(", ", Headers.Keys))}; {Tls}";
}
