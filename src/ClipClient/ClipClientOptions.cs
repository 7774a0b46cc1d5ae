using Grpc.Core;

namespace ClipGrpc.Client;

/// <summary>How a <see cref="ClipClient"/> reaches its servers and how patient it is.</summary>
public sealed class ClipClientOptions
{
    /// <summary>Where a server listens that was told nothing else.</summary>
    public const string DefaultAddress = "http://localhost:50051";

    /// <summary>
    /// Where the servers are; none means <see cref="DefaultAddress"/>. Either one or more <c>http://host:port</c> (or
    /// all <c>https://</c>), or exactly one <c>dns:///name:port</c>. Calls go to several addresses, and to all
    /// addresses of a DNS name, in turn (round robin); an address that does not answer is left out until it does.
    /// </summary>
    public IList<string> Addresses { get; } = [];

    /// <summary>
    /// Overrides the credentials that follow from the addresses: none for <c>http</c> and <c>dns</c>, TLS for
    /// <c>https</c>. A <c>dns</c> address with TLS needs <see cref="ChannelCredentials.SecureSsl"/> here.
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
    /// Attempts of a unary call that meets UNAVAILABLE or RESOURCE_EXHAUSTED, the first one included; 1 (no retries) to
    /// 5, 4 by default. LoadModel, UnloadModel and streams are never repeated.
    /// </summary>
    public int MaxAttempts { get; set; } = 4;

    /// <summary>
    /// Wait before the first retry; doubled each time, with jitter. More than zero, 200 ms by default. A server that
    /// sends <c>grpc-retry-pushback-ms</c> decides instead.
    /// </summary>
    public TimeSpan InitialBackoff { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Longest wait between two attempts; at least <see cref="InitialBackoff"/>, 5 seconds by default.
    /// </summary>
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock that deadlines are computed with.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
