using System.Diagnostics;
using ClipGrpc.Client.Internal;
using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Health.V1;

namespace ClipGrpc.Client;

/// <summary>
/// A typed client of ClipGrpc: embeddings and zero-shot classification of images and texts, as single items, in batches
/// and in streams. Thread-safe; create one instance and reuse it.
/// <para>
/// A call that fails throws <see cref="ClipClientException"/> with its status; one that is cancelled by its token
/// throws <see cref="OperationCanceledException"/>. In batches and streams, the error of an item is a value,
/// <see cref="ClipResult{T}.Error"/>, and other items are not affected. The methods for a single item throw that error.
/// </para>
/// <para>
/// For tests without a server, derive from it, or mock it, and override the members that the code under test calls;
/// <see cref="ClipModelFactory"/> creates results.
/// </para>
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public partial class ClipClient : IDisposable
{
    private readonly ClipClientOptions _options;
    private readonly ServerState _state;
    private readonly RetryPolicy _retryPolicy;
    private readonly IDisposable? _channel;
    private readonly ServerNames _servers;
    private readonly ClipService.ClipServiceClient _rawClip;
    private readonly ModelService.ModelServiceClient _rawModels;
    private readonly Health.HealthClient _rawHealth;

    /// <summary>
    /// Creates a client on an existing channel, for example one with interceptors or a custom transport. Message
    /// limits, encryption and load balancing are those of the channel; addresses, credentials and TLS in
    /// <paramref name="options"/> are not used. Headers and the API key are used, as call credentials: gRPC omits the
    /// key on a channel without TLS, unless the channel sets <c>UnsafeUseInsecureChannelCallCredentials</c>. The client
    /// retries calls, so the channel should not have a retry policy: attempts would multiply.
    /// </summary>
    /// <param name="invoker">The channel's <c>CreateCallInvoker()</c>.</param>
    /// <param name="options">Null means the defaults.</param>
    public ClipClient(CallInvoker invoker, ClipClientOptions? options = null)
        : this(
            invoker,
            options ??= new ClipClientOptions(),
            new ServerState(),
            null,
            ServerNames.OfChannelOfOthers(options))
    {
    }

    /// <summary>
    /// For tests: creates a client without a server. A derived class or a mock overrides its members.
    /// </summary>
    protected ClipClient()
        : this(new NoServer())
    {
    }

    internal ClipClient(
        CallInvoker invoker, ClipClientOptions options, ServerState state, IDisposable? channel, ServerNames servers)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        ClipClientOptionsValidator.ThrowIfInvalid(options);
        _options = options;
        _state = state;
        _retryPolicy = new RetryPolicy(options, state.Outage, Random.Shared.NextDouble);
        _channel = channel;
        _servers = servers;
        // The client's own headers are added last, so that the caller's interceptors do not see the key.
        invoker = CallMetadata.AddTo(invoker, options).Intercept([.. options.Interceptors]);
        _rawClip = new ClipService.ClipServiceClient(invoker);
        _rawModels = new ModelService.ModelServiceClient(invoker);
        _rawHealth = new Health.HealthClient(invoker);
    }

    /// <summary>
    /// The generated client of <c>clipgrpc.v1.ClipService</c>; its calls have no deadline and no retries.
    /// </summary>
    public virtual ClipService.ClipServiceClient RawClip => _rawClip;

    /// <summary>
    /// The generated client of <c>clipgrpc.v1.ModelService</c>; its calls have no deadline and no retries.
    /// </summary>
    public virtual ModelService.ModelServiceClient RawModels => _rawModels;

    /// <summary>
    /// The generated client of <c>grpc.health.v1.Health</c>; its calls have no deadline and no retries.
    /// </summary>
    public virtual Health.HealthClient RawHealth => _rawHealth;

    internal DateTimeOffset Now => _options.TimeProvider.GetUtcNow();

    internal Uri Address => Endpoint.ParseAll(_options)[0].Uri;

    /// <summary>Creates a client of one server, or of the servers of one DNS name.</summary>
    /// <param name="address">An address of <see cref="ClipClientOptions.Addresses"/>.</param>
    /// <param name="configure">Sets other options.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">
    /// Options are not valid; the message lists all of them.
    /// </exception>
    public static ClipClient ForAddress(string address, Action<ClipClientOptions>? configure = null)
    {
        var options = new ClipClientOptions { Addresses = { address } };
        configure?.Invoke(options);
        return Create(options);
    }

    /// <summary>Creates a client of the servers in the options. It owns its channel: dispose it.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">
    /// Options are not valid; the message lists all of them.
    /// </exception>
    public static ClipClient Create(ClipClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ClipClientOptionsValidator.ThrowIfInvalid(options);
        var state = new ServerState();
        var channel = ClipChannel.Create(options, state);
        return new ClipClient(channel.CreateCallInvoker(), options, state, channel, ServerNames.OfOwnChannel(options));
    }

    /// <summary>Closes the client's own connections. Open calls are cancelled.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns the servers that the client calls.</summary>
    public override string ToString() => _servers.Subject;

    /// <inheritdoc cref="Dispose()"/>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _channel?.Dispose();
    }

    private ClientOperation? StartOperation(string name, string model, bool isStream = false) =>
        ClientOperation.Start(name, model, _servers, _options.TimeProvider, isStream);

    private Task<TResponse> CallAsync<TResponse>(
        RpcMethod method,
        Func<CallOptions, AsyncUnaryCall<TResponse>> start,
        CancellationToken cancellationToken)
        where TResponse : class =>
        CallAsync(method, start, DefaultDeadline(), null, cancellationToken);

    // All attempts have the same deadline. Only what is harmless to repeat comes here.
    private async Task<TResponse> CallAsync<TResponse>(
        RpcMethod method,
        Func<CallOptions, AsyncUnaryCall<TResponse>> start,
        CallDeadline deadline,
        ClientOperation? operation,
        CancellationToken cancellationToken)
        where TResponse : class
    {
        operation?.Called();
        var retries = _retryPolicy.Start(deadline);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var response = await CallOnceAsync(method, start, deadline, operation, attempt, cancellationToken)
                    .ConfigureAwait(false);
                retries.Succeeded();
                return response;
            }
            catch (ClipClientException exception)
            {
                if (!await retries.WaitAsync(exception, cancellationToken).ConfigureAwait(false))
                    throw;
                operation?.Retried(exception);
            }
        }
    }

    private static Task<TResponse> CallOnceAsync<TResponse>(
        RpcMethod method,
        Func<CallOptions, AsyncUnaryCall<TResponse>> start,
        CallDeadline deadline,
        CancellationToken cancellationToken)
        where TResponse : class =>
        CallOnceAsync(method, start, deadline, null, 1, cancellationToken);

    private static async Task<TResponse> CallOnceAsync<TResponse>(
        RpcMethod method,
        Func<CallOptions, AsyncUnaryCall<TResponse>> start,
        CallDeadline deadline,
        ClientOperation? operation,
        int attempt,
        CancellationToken cancellationToken)
        where TResponse : class
    {
        using var span = ClientTelemetry.StartRpc(method, operation, deadline.Servers, attempt);
        try
        {
            using var call = start(new CallOptions(deadline: deadline.At, cancellationToken: cancellationToken));
            var response = await call.ResponseAsync.ConfigureAwait(false);
            ClientTelemetry.Succeeded(span, response);
            return response;
        }
        catch (RpcException exception)
        {
            var error = ClipClientException.From(exception, deadline, cancellationToken);
            ClientTelemetry.Failed(span, error);
            throw error;
        }
    }

    private CallDeadline DefaultDeadline() => DeadlineAfter(_options.Timeout, "ClipClientOptions.Timeout");

    private CallDeadline LoadDeadline(TimeSpan? timeout) => timeout is { } given
        ? DeadlineAfter(given, "LoadModelCallOptions.Timeout")
        : DeadlineAfter(_options.LoadTimeout, "ClipClientOptions.LoadTimeout");

    private CallDeadline DeadlineOf(ClipCallOptions options) => options.Timeout is { } timeout
        ? DeadlineAfter(timeout, $"{options.GetType().Name}.Timeout")
        : DefaultDeadline();

    private CallDeadline StreamDeadline(ClipCallOptions options) =>
        DeadlineAfter(options.Timeout ?? Timeout.InfiniteTimeSpan, $"{options.GetType().Name}.Timeout");

    private CallDeadline DeadlineAfter(TimeSpan timeout, string option) =>
        CallDeadline.After(timeout, _options.TimeProvider, _servers, option);

    private async Task<BatchLimits> BatchLimitsAsync(
        int requestBytes, ClipCallOptions options, BatchLimits? outdated, CancellationToken cancellationToken)
    {
        // Several batches may share one request for the limits; each waits no longer than its own timeout.
        var limits = await DeadlineOf(options).BoundAsync(
            token => _state.Limits.GetAsync(RequestModelsAsync, outdated?.Server, token).AsTask(),
            cancellationToken).ConfigureAwait(false);
        return BatchLimits.From(_options, limits, requestBytes);
    }

    private async Task<BatchRunner<TItem, TMessage, TResult>> BatchRunnerAsync<TItem, TMessage, TResult>(
        int requestBytes,
        string itemsName,
        ClipCallOptions options,
        Func<TItem, int, CancellationToken, ValueTask<TMessage>> prepare,
        Func<IReadOnlyList<TMessage>, CancellationToken, Task<IReadOnlyList<ClipResult<TResult>>>> call,
        CancellationToken cancellationToken)
        where TMessage : class, Google.Protobuf.IMessage
        where TResult : class
    {
        if (options.MaxBatchDelay is { } delay)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(delay, TimeSpan.Zero, nameof(options.MaxBatchDelay));
        var limits = await BatchLimitsAsync(requestBytes, options, null, cancellationToken).ConfigureAwait(false);
        return new BatchRunner<TItem, TMessage, TResult>(
            itemsName,
            limits,
            (outdated, token) => BatchLimitsAsync(requestBytes, options, outdated, token),
            options.OnCallFailure,
            options.MaxBatchDelay,
            _options.TimeProvider,
            prepare,
            call);
    }
}
