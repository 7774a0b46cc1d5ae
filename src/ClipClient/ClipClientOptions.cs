using System.Diagnostics;
using System.Text.Json.Serialization;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace ClipGrpc.Client;

/// <summary>How a <see cref="ClipClient"/> reaches its servers and how patient it is.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClipClientOptions
{
    /// <summary>Where a server listens that was told nothing else.</summary>
    public const string DefaultAddress = "http://localhost:50051";

    /// <summary>
    /// Where the servers are; none means <see cref="DefaultAddress"/>, or its port with TLS where <see cref="Tls"/> is
    /// used. Either one or more <c>http://host:port</c> (or
    /// all <c>https://host:port</c>), or exactly one <c>dns:///name:port</c> or <c>unix:/path</c>. <c>host:port</c> is
    /// <c>http</c>, or <c>https</c> where <see cref="Tls"/> is used. Calls go to several addresses, and to all
    /// addresses of a DNS name, in turn (round robin); an address that does not answer is left out until it does.
    /// </summary>
    public IList<string> Addresses { get; } = [];

    /// <summary>
    /// An API key of the server, or a bearer token; null, the default, for none. It is sent with every call as
    /// <c>authorization: Bearer …</c>, and read for each call, so that a new key applies to the next one. It is not
    /// sent in cleartext to other machines, see <see cref="AllowCleartextCredentials"/>.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    [JsonIgnore]
    public string? ApiKey { get; set; }

    /// <summary>Headers of every call, as a gateway may require them.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    [JsonIgnore]
    public IDictionary<string, string> Headers { get; } =
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Lets <see cref="ApiKey"/>, and headers that hold credentials, be sent to other machines without TLS, where
    /// everybody on the way can read them: for networks that encrypt by themselves. Default false: such options are not
    /// valid. The loopback interface and Unix domain sockets need no permission.
    /// </summary>
    public bool AllowCleartextCredentials { get; set; }

    /// <summary>The authorities that are trusted, and the client's certificate for mutual TLS.</summary>
    public ClipClientTlsOptions Tls { get; } = new();

    /// <summary>
    /// Overrides the credentials that follow from the addresses and <see cref="Tls"/>: none or TLS. For call
    /// credentials that <see cref="ApiKey"/> does not cover.
    /// </summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>
    /// Deadline of every unary call, retries and the creation of a label set included; more than zero, 30 seconds by
    /// default, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for none. A batch that is split has it for each
    /// of its calls. Streams have no deadline unless their options say one.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Deadline of LoadModel and UnloadModel, which may download gigabytes or wait for accepted work; more than zero,
    /// 10 minutes by default, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for none.
    /// </summary>
    public TimeSpan LoadTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Bytes of the largest message in either direction; 1 KiB to 1 GiB, 32 MiB by default as at the server.
    /// </summary>
    public int MaxMessageBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>
    /// Items of a batch that go into one call; at least 1. Null, the default, means as many as the server takes. The
    /// server's own limit holds in any case.
    /// </summary>
    public int? MaxItemsPerCall { get; set; }

    /// <summary>Calls of one batch that are under way at once; 1 to 256, 4 by default.</summary>
    public int MaxConcurrentCalls { get; set; } = 4;

    /// <summary>
    /// How long an operation is retried: a unary call after UNAVAILABLE, RESOURCE_EXHAUSTED with a retry hint, or a
    /// broken connection, in any case not beyond its deadline; and a stream that resumes, from its last response. More
    /// than zero, 2 minutes by default, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit. Calls
    /// that begin when no server has been available for that long make one attempt. LoadModel and UnloadModel are never
    /// retried.
    /// </summary>
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// As <see cref="RetryFor"/>, while no server has ever responded; null, the default, means the same time. A tool
    /// sets less, so that it reports a wrong address soon.
    /// </summary>
    public TimeSpan? InitialRetryFor { get; set; }

    /// <summary>
    /// Attempts of an operation, the first one included; at least 1 (no retries). Null, the default, means that only
    /// <see cref="RetryFor"/> and the deadline limit them. For a stream, attempts without a response count.
    /// </summary>
    public int? MaxAttempts { get; set; }

    /// <summary>
    /// Called when calls start to wait for a server that had responded before and is unavailable now: once, with the
    /// first error, until a server responds again. It must not block.
    /// </summary>
    public Action<ClipClientException>? OnServerLost { get; set; }

    /// <summary>
    /// Longest wait before the first retry; doubled each time. The wait is random, from half of that to all of it. More
    /// than zero, 200 ms by default. A server that sends <c>grpc-retry-pushback-ms</c> decides instead.
    /// </summary>
    public TimeSpan InitialBackoff { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Longest wait between two attempts; at least <see cref="InitialBackoff"/>, 5 seconds by default.
    /// </summary>
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of deadlines and of waits between attempts.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// Where the channel logs; null, the default, means nowhere. With dependency injection it is the application's.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; set; }

#if NET
    /// <summary>
    /// Changes the handler of connections before its first use: proxies, timeouts, keep-alive pings. A
    /// <c>ConnectCallback</c> switches load balancing off.
    /// </summary>
    public Action<SocketsHttpHandler>? ConfigureHandler { get; set; }
#endif

    /// <summary>
    /// Interceptors of every attempt of every call, the first one outermost. They do not see <see cref="ApiKey"/>.
    /// </summary>
    public IList<Interceptor> Interceptors { get; } = [];

    /// <summary>
    /// How often the addresses of a <c>dns:///</c> name are looked up again, so that servers that were added get calls;
    /// more than zero, 30 seconds by default, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for only when a
    /// connection is lost.
    /// </summary>
    public TimeSpan DnsRefreshInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The addresses, and whether there are credentials, but not what they are.</summary>
    public override string ToString() =>
        $"{(Addresses.Count == 0 ? DefaultAddress : string.Join(", ", Addresses))}; "
        + $"API key: {(ApiKey is null ? "none" : "set")}; "
        + $"headers: {(Headers.Count == 0 ? "none" : string.Join(", ", Headers.Keys))}; {Tls}";
}
