using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using static ClipGrpc.TestSupport.Make;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>
/// What every client can rely on besides the calls themselves: reflection, health and closed admin calls.
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

    [Fact(Timeout = 60_000)]
    public async Task AdminCalls_ThroughAProxy_ArePermissionDeniedAndDoNothing()
    {
        var proxied = Limited().WithHeaders(new Metadata { { "x-forwarded-for", "192.0.2.7" } });

        var load = await Assert.ThrowsAsync<RpcException>(async () => await demo.Models.LoadModelAsync(
            new LoadModelRequest { Source = "demo", Name = "other" }, proxied));
        var unload = await Assert.ThrowsAsync<RpcException>(async () => await demo.Models.UnloadModelAsync(
            new UnloadModelRequest { Name = "demo" }, proxied));

        Assert.Equal(StatusCode.PermissionDenied, load.StatusCode);
        Assert.Equal(StatusCode.PermissionDenied, unload.StatusCode);
        var model = Assert.Single((await demo.Models.ListModelsAsync(new ListModelsRequest(), proxied)).Models);
        Assert.Equal("demo", model.Name);
        Assert.Equal(ModelState.Ready, model.State);
    }
}
