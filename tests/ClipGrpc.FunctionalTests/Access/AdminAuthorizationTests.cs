using System.Net;
using ClipGrpc.FunctionalTests.Hosting;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ClipGrpc.FunctionalTests.Access;

public sealed class AdminAuthorizationTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.9.10", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("::ffff:127.0.0.2", true)]
    [InlineData("192.0.2.7", false)]
    [InlineData("::ffff:192.0.2.7", false)]
    [InlineData("2001:db8::1", false)]
    public void IsAllowed_Caller_OnlyFromThisMachine(string remote, bool allowed)
    {
        Assert.Equal(allowed, CreateGate().IsAllowed(CreateCall(IPAddress.Parse(remote))));
        Assert.True(CreateGate(enableAdmin: true).IsAllowed(CreateCall(IPAddress.Parse(remote))));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("X-Real-IP", "::1")]
    public void IsAllowed_ForwardingHeader_NeverOpensTheGate(string header, string value)
    {
        var far = CreateCall(IPAddress.Parse("192.0.2.7"));
        far.Request.Headers[header] = value;
        var proxied = CreateCall(IPAddress.Loopback);
        proxied.Request.Headers[header] = "192.0.2.7";

        Assert.False(CreateGate().IsAllowed(far));
        Assert.False(CreateGate().IsAllowed(proxied));
    }

    [Fact]
    public void IsAllowed_RewrittenConnectionAddress_IsIgnored()
    {
        var call = CreateCall(IPAddress.Parse("192.0.2.7"));
        call.Connection.RemoteIpAddress = IPAddress.Loopback;

        Assert.False(CreateGate().IsAllowed(call));
    }

    [Fact]
    public void IsAllowed_CallerWithoutAddress_IsNot() =>
        Assert.False(CreateGate().IsAllowed(new DefaultHttpContext()));

    [Fact(Timeout = 30_000)]
    public async Task EnsureAllowed_RealConnections_TellNearFromProxied()
    {
        await using var server = await BareServer.StartAsync(
            TestContext.Current.CancellationToken, customise: builder => builder.Services.Configure<GrpcServiceOptions>(
                grpc => grpc.Interceptors.Add<GateInterceptor>()));
        var client = new Health.HealthClient(server.Channel);
        var proxied = new Metadata { { "x-forwarded-for", "127.0.0.1" } };

        var reply = await client.CheckAsync(
            new HealthCheckRequest { Service = "clipgrpc.v1.ModelService" },
            cancellationToken: TestContext.Current.CancellationToken);
        var refusal = await Assert.ThrowsAsync<RpcException>(() => client.CheckAsync(
            new HealthCheckRequest(), proxied, cancellationToken: TestContext.Current.CancellationToken).ResponseAsync);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, reply.Status);
        Assert.Contains("Check is open to callers on the server's own machine only", refusal.Status.Detail);
    }

    private static AdminAuthorization CreateGate(bool enableAdmin = false) =>
        new(Options.Create(new ServerOptions { EnableAdmin = enableAdmin }), NullLogger<AdminAuthorization>.Instance);

    private static DefaultHttpContext CreateCall(IPAddress remote)
    {
        var context = new DefaultHttpContext();
        context.Features.Set(new ConnectionOrigin(Listener.Grpc, new IPEndPoint(remote, 1)));
        return context;
    }

    /// <summary>Puts every call behind the gate, as the admin calls are.</summary>
    private sealed class GateInterceptor(AdminAuthorization gate) : Grpc.Core.Interceptors.Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            try
            {
                gate.EnsureAllowed(context);
            }
            catch (ClipException exception) when (exception.Code == ClipErrorCode.PermissionDenied)
            {
                throw new RpcException(new Status(StatusCode.PermissionDenied, exception.Message));
            }

            return continuation(request, context);
        }
    }
}
