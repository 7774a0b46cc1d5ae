using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ClipGrpc.FunctionalTests.Access;

/// <summary>An issuer's keys over HTTP on the loopback interface; each request is counted.</summary>
internal sealed class JwksServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private JwksServer(WebApplication app, string keys)
    {
        _app = app;
        Keys = keys;
    }

    /// <summary>What is served; null: a request fails with 503.</summary>
    public string? Keys { get; set; }

    /// <summary>Awaited before each response.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public int Requests => Volatile.Read(ref _requests);

    public string Url => $"{_app.Urls.Single()}/jwks";

    public static async Task<JwksServer> StartAsync(string keys, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new JwksServer(app, keys);
        app.MapGet("/jwks", server.RespondAsync);
        await app.StartAsync(cancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task<IResult> RespondAsync()
    {
        Interlocked.Increment(ref _requests);
        await Gate;
        return Keys is { } keys
            ? Results.Content(keys, "application/json")
            : Results.StatusCode((int)HttpStatusCode.ServiceUnavailable);
    }
}
