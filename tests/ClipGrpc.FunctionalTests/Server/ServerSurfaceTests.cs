using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using static ClipGrpc.TestSupport.Make;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>
/// What every client can rely on besides the calls themselves: reflection and health.
/// </summary>
public sealed class ServerSurfaceTests(DemoServer demo)
{
    [Fact(Timeout = 60_000)]
    public async Task Reflection_ListServices_NamesBothServicesAndHealth()
    {
        using var call = new ServerReflection.ServerReflectionClient(demo.Server.Channel)
            .ServerReflectionInfo(Limited());
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        await call.RequestStream.CompleteAsync();

        Assert.True(await call.ResponseStream.MoveNext());

        var services = call.ResponseStream.Current.ListServicesResponse.Service
            .Select(service => service.Name)
            .ToArray();
        Assert.Contains("clipgrpc.v1.ClipService", services);
        Assert.Contains("clipgrpc.v1.ModelService", services);
        Assert.Contains("grpc.health.v1.Health", services);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("clipgrpc.v1.ClipService")]
    [InlineData("clipgrpc.v1.ModelService")]
    [InlineData("model/demo")]
    public async Task Health_Serving_SaysSo(string service)
    {
        var reply = await new Health.HealthClient(demo.Server.Channel).CheckAsync(
            new HealthCheckRequest { Service = service }, Limited());
        Assert.Equal(ServingStatus.Serving, reply.Status);
    }
}
