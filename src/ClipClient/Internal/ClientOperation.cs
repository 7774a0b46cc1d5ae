using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// A call of the typed client as traces and metrics see it: one span, with a child per RPC, and counts of items and
/// retries. There is none without a listener.
/// </summary>
internal sealed class ClientOperation : IDisposable
{
    public const string Embeddings = "embeddings";
    public const string Classify = "classify";
    public const string CreateLabelSet = "create_label_set";
    public const string Rank = "rank";

    private const string Provider = "clip-grpc";

    private readonly Activity? _activity;
    private readonly TagList _tags;
    private readonly TimeProvider _clock;
    private readonly bool _isStream;
    private readonly long _start;
    private ClipModelRef? _model;
    private string? _errorType;
    private int _dimensions;
    private long _items;
    private long _failedItems;
    private long _tokens;
    private int _rpcs;
    private int _retries;

    private ClientOperation(Activity? activity, TagList tags, TimeProvider clock, bool isStream)
    {
        _activity = activity;
        _tags = tags;
        _clock = clock;
        _isStream = isStream;
        _start = clock.GetTimestamp();
    }

    /// <summary>The parent of the spans of its RPCs.</summary>
    public ActivityContext? Context => _activity?.Context;

    /// <param name="name">A value of <c>gen_ai.operation.name</c>.</param>
    /// <param name="model">The requested model; can be empty.</param>
    /// <param name="servers">The servers.</param>
    /// <param name="clock">Measures the duration.</param>
    /// <param name="isStream">It lasts as long as its source, so its duration says nothing of the server.</param>
    public static ClientOperation? Start(
        string name, string model, ServerNames servers, TimeProvider clock, bool isStream = false)
    {
        if (!ClientTelemetry.IsObserved)
            return null;

        var tags = new TagList { { "gen_ai.operation.name", name }, { "gen_ai.provider.name", Provider } };
        if (model.Length > 0)
            tags.Add("gen_ai.request.model", model);
        ClientTelemetry.AddServer(ref tags, servers);
        var activity = ClientTelemetry.Source.HasListeners()
            ? ClientTelemetry.Source.StartActivity(
                model.Length > 0 ? $"{name} {model}" : name,
                ActivityKind.Client,
                default(ActivityContext),
                (IEnumerable<KeyValuePair<string, object?>>)tags)
            : null;
        return new ClientOperation(activity, tags, clock, isStream);
    }

    /// <summary>Takes note of the results as they pass.</summary>
    public static IAsyncEnumerable<ClipResult<T>> Observe<T>(
        ClientOperation? operation, IAsyncEnumerable<ClipResult<T>> results, CancellationToken cancellationToken)
        where T : class =>
        operation is null ? results : operation.ObserveAsync(results, cancellationToken);

    /// <summary>For the filter of an exception that goes on to the caller.</summary>
    /// <returns>False.</returns>
    public static bool Failed(ClientOperation? operation, Exception exception)
    {
        operation?.Failed(exception);
        return false;
    }

    /// <summary>An RPC is made, retries not counted.</summary>
    public void Called() => Interlocked.Increment(ref _rpcs);

    /// <summary>An RPC is made again after an error.</summary>
    public void Retried(ClipClientException error)
    {
        Interlocked.Increment(ref _retries);
        if (!ClientTelemetry.Retries.Enabled)
            return;

        var tags = _tags;
        tags.Add("error.type", ClientTelemetry.ErrorType(error));
        ClientTelemetry.Retries.Add(1, tags);
    }

    public void Completed<T>(ClipResult<T> result)
        where T : class
    {
        if (result.Error is { } error)
            Completed(error);
        else
            Completed(result.Value);
    }

    public void Completed(object value)
    {
        Count();
        switch (value)
        {
            case ClipEmbedding embedding:
                _model ??= embedding.Model;
                _dimensions = embedding.Dimensions;
                _tokens += embedding.TokenCount;
                break;
            case ClipClassification classification:
                _model ??= classification.Model;
                break;
        }
    }

    public void Completed(ClipError error)
    {
        _failedItems++;
        Count(ClientTelemetry.ErrorType(error.Code));
    }

    public void MadeBy(ClipModelRef model) => _model ??= model;

    /// <summary>The call as a whole failed.</summary>
    public void Failed(Exception exception)
    {
        _errorType ??= ClientTelemetry.ErrorType(exception);
        ClientTelemetry.Failed(_activity, exception);
    }

    public void Dispose()
    {
        if (!_isStream && ClientTelemetry.Duration.Enabled)
        {
            var tags = _tags;
            if (_model is { Name.Length: > 0 })
                tags.Add("gen_ai.response.model", _model.Name);
            if (_errorType is not null)
                tags.Add("error.type", _errorType);
            ClientTelemetry.Duration.Record(_clock.GetElapsedTime(_start).TotalSeconds, tags);
        }

        if (_activity is null)
            return;

        if (_model is { Name.Length: > 0 })
        {
            _activity.SetTag("gen_ai.response.model", _model.Name);
            _activity.SetTag("clipgrpc.model.revision", _model.Revision);
        }

        if (_dimensions > 0)
            _activity.SetTag("gen_ai.embeddings.dimension.count", _dimensions);
        if (_tokens > 0)
            _activity.SetTag("gen_ai.usage.input_tokens", _tokens);
        _activity.SetTag("clipgrpc.items", _items);
        _activity.SetTag("clipgrpc.items.failed", _failedItems);
        _activity.SetTag("clipgrpc.rpcs", Volatile.Read(ref _rpcs));
        _activity.SetTag("clipgrpc.retries", Volatile.Read(ref _retries));
        _activity.Dispose();
    }

    private async IAsyncEnumerable<ClipResult<T>> ObserveAsync<T>(
        IAsyncEnumerable<ClipResult<T>> results, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        var enumerator = results.GetAsyncEnumerator(cancellationToken);
        await using (enumerator.ConfigureAwait(false))
        {
            while (true)
            {
                bool hasNext;
                try
                {
                    hasNext = await enumerator.MoveNextAsync().ConfigureAwait(false);
                }
                catch (Exception exception) when (Failed(this, exception))
                {
                    throw;
                }

                if (!hasNext)
                    yield break;
                Completed(enumerator.Current);
                yield return enumerator.Current;
            }
        }
    }

    private void Count(string? errorType = null)
    {
        _items++;
        if (!ClientTelemetry.Items.Enabled)
            return;

        var tags = _tags;
        if (errorType is not null)
            tags.Add("error.type", errorType);
        ClientTelemetry.Items.Add(1, tags);
    }
}
