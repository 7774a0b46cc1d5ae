using System.Diagnostics;
using System.Diagnostics.Metrics;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>The client's spans of RPCs and its metrics. Nothing is created while there is no listener.</summary>
internal static class ClientTelemetry
{
    private static readonly Meter Meter = new(ClipClientTelemetry.Name, ProductVersion.Text);

    public static ActivitySource Source { get; } = new(ClipClientTelemetry.Name, ProductVersion.Text);

    public static Histogram<double> Duration { get; } = Meter.CreateHistogram(
        "gen_ai.client.operation.duration",
        "s",
        "Duration of a call of the client, with all its RPCs and retries.",
        advice: new InstrumentAdvice<double>
        {
            // Those of the semantic conventions.
            HistogramBucketBoundaries =
                [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
        });

    public static Counter<long> Items { get; } = Meter.CreateCounter<long>(
        "clipgrpc.client.items", "{item}", "Images, texts, candidates and frames that have a result or an error.");

    public static Counter<long> Retries { get; } = Meter.CreateCounter<long>(
        "clipgrpc.client.retries", "{retry}", "RPCs that were made again.");

    public static bool IsObserved =>
        Source.HasListeners() || Duration.Enabled || Items.Enabled || Retries.Enabled;

    /// <summary>The span of one attempt of an RPC; null if there is no listener.</summary>
    public static Activity? StartRpc(RpcMethod method, ClientOperation? operation, ServerNames servers, int attempt)
    {
        if (!Source.HasListeners())
            return null;

        var tags = new TagList
        {
            { "rpc.system", "grpc" },
            { "rpc.service", method.Service },
            { "rpc.method", method.Name },
        };
        AddServer(ref tags, servers);
        if (attempt > 1)
            tags.Add("clipgrpc.attempt", attempt);

        // Batches run their calls in other contexts than the one that the operation began in.
        return Source.StartActivity(
            method.FullName,
            ActivityKind.Client,
            operation?.Context ?? default,
            (IEnumerable<KeyValuePair<string, object?>>)tags);
    }

    public static void AddServer(ref TagList tags, ServerNames servers)
    {
        if (servers.Address is { } address)
            tags.Add("server.address", address);
        if (servers.Port is { } port)
            tags.Add("server.port", port);
    }

    public static void Succeeded(Activity? rpc, object response)
    {
        if (rpc is null)
            return;

        rpc.SetTag("rpc.grpc.status_code", (int)StatusCode.OK);
        var (model, timings) = response switch
        {
            EmbedResponse embed => (embed.Model, embed.Timings),
            ClassifyResponse classify => (classify.Model, classify.Timings),
            RankResponse rank => (rank.Model, rank.Timings),
            CreateLabelSetResponse labels => (labels.Model, null),
            _ => default((ModelRef?, Timings?)),
        };
        if (model is not null)
        {
            rpc.SetTag("clipgrpc.model.name", model.Name);
            rpc.SetTag("clipgrpc.model.revision", model.Revision);
        }

        if (timings is not null)
        {
            var times = ClipTimings.From(timings);
            rpc.SetTag("clipgrpc.server.queue_time", times.Queue.TotalSeconds);
            rpc.SetTag("clipgrpc.server.preprocess_time", times.Preprocess.TotalSeconds);
            rpc.SetTag("clipgrpc.server.inference_time", times.Inference.TotalSeconds);
            rpc.SetTag("clipgrpc.server.total_time", times.Total.TotalSeconds);
            rpc.SetTag("clipgrpc.server.batch_size", times.BatchSize);
        }
    }

    public static void Failed(Activity? span, Exception exception)
    {
        if (span is null)
            return;

        span.SetTag("error.type", ErrorType(exception));
        span.SetStatus(ActivityStatusCode.Error, exception.Message);
        if (exception is not ClipClientException error)
            return;

        span.SetTag("rpc.grpc.status_code", (int)error.StatusCode);
        if (error.Reason != ErrorReason.Unknown)
            span.SetTag("clipgrpc.error.reason", error.Reason.ToString());
        if (error.RequestId is { } id)
            span.SetTag("clipgrpc.request_id", id);
    }

    /// <summary>The gRPC status, or the type of an exception that has none.</summary>
    public static string ErrorType(Exception exception) => exception switch
    {
        ClipClientException error => ErrorType(error.StatusCode),
        OperationCanceledException => ErrorType(StatusCode.Cancelled),
        _ => exception.GetType().FullName!,
    };

    public static string ErrorType(StatusCode status) => status switch
    {
        StatusCode.OK => "OK",
        StatusCode.Cancelled => "CANCELLED",
        StatusCode.InvalidArgument => "INVALID_ARGUMENT",
        StatusCode.DeadlineExceeded => "DEADLINE_EXCEEDED",
        StatusCode.NotFound => "NOT_FOUND",
        StatusCode.AlreadyExists => "ALREADY_EXISTS",
        StatusCode.PermissionDenied => "PERMISSION_DENIED",
        StatusCode.Unauthenticated => "UNAUTHENTICATED",
        StatusCode.ResourceExhausted => "RESOURCE_EXHAUSTED",
        StatusCode.FailedPrecondition => "FAILED_PRECONDITION",
        StatusCode.Aborted => "ABORTED",
        StatusCode.OutOfRange => "OUT_OF_RANGE",
        StatusCode.Unimplemented => "UNIMPLEMENTED",
        StatusCode.Internal => "INTERNAL",
        StatusCode.Unavailable => "UNAVAILABLE",
        StatusCode.DataLoss => "DATA_LOSS",
        _ => "UNKNOWN",
    };
}
