using Grpc.Core;
using Grpc.Health.V1;

namespace ClipGrpc.Server.Health;

/// <summary>
/// <c>grpc.health.v1.Health</c> over <see cref="ModelHealth"/>. The library's own keeps watching callers past the
/// server's stop, which would hold it up to its time limit.
/// </summary>
internal sealed class HealthService(ModelHealth health) : Grpc.Health.V1.Health.HealthBase
{
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (health.Find(request.Service) is not { } status)
            throw new RpcException(new Status(StatusCode.NotFound, $"There is no service '{Excerpt.Of(request.Service)}' here."));

        return Task.FromResult(new HealthCheckResponse { Status = status });
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        var statuses = health.Watch(request.Service);
        try
        {
            await foreach (var status in statuses.ReadAllAsync(context.CancellationToken))
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The caller has stopped watching; that is how a watch ends.
        }
        finally
        {
            health.Unwatch(request.Service, statuses);
        }
    }
}
