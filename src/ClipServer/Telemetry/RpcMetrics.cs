using System.Collections.Concurrent;
using Grpc.Core;
using Prometheus;

namespace ClipGrpc.Server.Telemetry;

/// <summary>The metrics of one method with its labels filled in, so that calls look nothing up by text.</summary>
internal sealed class RpcMetrics
{
    private readonly ConcurrentDictionary<StatusCode, (Counter.Child Requests, Histogram.Child Seconds)> _byStatus = [];
    private readonly Func<StatusCode, (Counter.Child, Histogram.Child)> _create;
    private readonly Gauge.Child _active;

    public RpcMetrics(ClipMetrics metrics, string method)
    {
        var rpc = method[(method.LastIndexOf('/') + 1)..];
        _active = metrics.ActiveRequests.WithLabels(rpc);
        _create = status => (
            metrics.Requests.WithLabels(rpc, StatusName.Of(status)),
            metrics.RequestSeconds.WithLabels(rpc, StatusName.Of(status)));
    }

    public void CallStarted() => _active.Inc();

    public void CallEnded(StatusCode status, TimeSpan duration)
    {
        _active.Dec();
        var (requests, seconds) = _byStatus.GetOrAdd(status, _create);
        requests.Inc();
        seconds.Observe(duration.TotalSeconds);
    }
}
