using Grpc.Core;
using Grpc.Health.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.FunctionalTests.Client;

internal sealed class ScriptedHealth : Health.HealthBase
{
    public ServingStatus Status { get; set; } = ServingStatus.Serving;

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        request.Service == "unknown"
            ? throw new RpcException(new Status(StatusCode.NotFound, "unknown"))
            : Task.FromResult(new HealthCheckResponse { Status = Status });
}
