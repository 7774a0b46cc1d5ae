using ClipGrpc.Server.Access;

namespace ClipGrpc.Server.Http;

internal static class FacadeEndpoints
{
    /// <summary>An endpoint of the HTTP port, with its access rule and the errors of its clients.</summary>
    /// <param name="name">For metrics and logs.</param>
    public static void MapFacade(
        this WebApplication app, string method, string path, string name, ErrorFormat errors,
        Func<FacadeCall, Task> handler)
    {
        var runner = app.Services.GetRequiredService<FacadeRunner>();
        app.MapMethods(path, [method], http => runner.RunAsync(http, name, errors, handler))
            .WithMetadata(new ListenerMetadata(Listener.Http), errors)
            .WithAccessRules();
    }
}
