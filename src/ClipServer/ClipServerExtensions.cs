using ClipGrpc.Server.Engine;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Server.Models;
using ClipGrpc.Server.Observability;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Server.Security;

namespace ClipGrpc.Server;

/// <summary>The parts of the server, one line a folder.</summary>
internal static class ClipServerExtensions
{
    public static IServiceCollection AddClipServer(
        this IServiceCollection services, IConfiguration configuration) => services
        .AddConfigurationSections(configuration)
        .AddHosting()
        .AddModels()
        .AddEngine()
        .AddRpc()
        .AddObservability()
        .AddSecurity();

    public static WebApplication MapClipServer(this WebApplication app)
    {
        app.UseRouting();
        app.UseMiddleware<ListenerGate>();
        app.MapObservability();
        app.MapRpc();
        return app;
    }
}
