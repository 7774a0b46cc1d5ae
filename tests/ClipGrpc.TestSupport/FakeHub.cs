using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.DependencyInjection;

namespace ClipGrpc.TestSupport;

/// <summary>
/// A server that behaves as the Hub: descriptions, addresses of files with their headers, small files behind a redirect
/// within the hub, large ones behind a redirect to a store at another port.
/// </summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, FakeHubModel> _models = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<FakeHubFault> _faults = new();
    private readonly ConcurrentQueue<FakeHubRequest> _requests = new();
    private int _storePort;

    private FakeHub(WebApplication app) => _app = app;

    public Uri Endpoint { get; private set; } = null!;

    public bool HonoursRanges { get; set; } = true;

    public IReadOnlyCollection<FakeHubRequest> Requests => _requests;

    public static async Task<FakeHub> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        var hub = new FakeHub(app);
        app.Run(hub.AnswerAsync);
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .ToList();
        hub.Endpoint = new Uri(addresses[0]);
        hub._storePort = new Uri(addresses[1]).Port;
        return hub;
    }

    public FakeHubModel Add(string id, string commit = "1111111111111111111111111111111111111111") =>
        _models.GetOrAdd(id, new FakeHubModel(id, commit));

    /// <summary>Answers the next requests that match with a status.</summary>
    public void Fail(
        Func<FakeHubRequest, bool> matches, int status, int times = 1, params (string Name, string Value)[] headers) =>
        _faults.Enqueue(new FakeHubFault(matches, times, context =>
        {
            context.Response.StatusCode = status;
            foreach (var (name, value) in headers)
                context.Response.Headers[name] = value;
            return Task.CompletedTask;
        }));

    /// <summary>
    /// Sends the first bytes of the next content that matches, waits for <paramref name="until"/> and cuts the
    /// connection.
    /// </summary>
    public void Cut(Func<FakeHubRequest, bool> matches, byte[] content, int bytes, Task until, int times = 1) =>
        _faults.Enqueue(new FakeHubFault(matches, times, async context =>
        {
            context.Response.ContentLength = content.Length;
            await context.Response.Body.WriteAsync(content.AsMemory(0, bytes));
            await context.Response.Body.FlushAsync();
            await until.WaitAsync(context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            context.Abort();
        }));

    /// <summary>Sends the next content that matches byte by byte, with a pause after each of the first.</summary>
    /// <param name="pauses">How many bytes are followed by a pause; the rest goes in one piece.</param>
    /// <param name="pause">Ends when the next byte may go; is given the number of bytes sent.</param>
    public void Trickle(Func<FakeHubRequest, bool> matches, byte[] content, int pauses, Func<int, Task> pause) =>
        _faults.Enqueue(new FakeHubFault(matches, 1, async context =>
        {
            context.Response.ContentLength = content.Length;
            for (var sent = 1; sent <= pauses; sent++)
            {
                await context.Response.Body.WriteAsync(content.AsMemory(sent - 1, 1));
                await context.Response.Body.FlushAsync();
                await pause(sent).WaitAsync(context.RequestAborted);
            }

            await context.Response.Body.WriteAsync(content.AsMemory(pauses));
        }));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var atStore = context.Connection.LocalPort == _storePort;
        var path = context.Request.GetEncodedPathAndQuery();
        var request = new FakeHubRequest(
            context.Request.Method, path, atStore,
            context.Request.Headers.Authorization.FirstOrDefault(), context.Request.Headers.Range.FirstOrDefault());
        _requests.Enqueue(request);
        if (_faults.FirstOrDefault(fault => fault.Takes(request)) is { } fault)
            await fault.Answer(context);
        else if (path.StartsWith("/api/models/", StringComparison.Ordinal))
            await DescribeAsync(context, path["/api/models/".Length..]);
        else if (atStore || path.StartsWith("/cache/", StringComparison.Ordinal))
            await SendAsync(context, path);
        else
            Redirect(context, path);
    }

    private async Task DescribeAsync(HttpContext context, string path)
    {
        var parts = path.Split("/revision/");
        var revision = Uri.UnescapeDataString(parts[1]);
        if (!_models.TryGetValue(parts[0], out var model))
        {
            Refuse(context, 401, "RepoNotFound");
        }
        else if (!model.Revisions.Contains(revision) && revision != model.Commit)
        {
            Refuse(context, 404, "RevisionNotFound");
        }
        else
        {
            var files = model.Files.Keys.Concat(model.ListedOnly).Select(name => new { rfilename = name });
            await context.Response.WriteAsJsonAsync(new { id = model.Id, sha = model.Commit, siblings = files });
        }
    }

    /// <summary>/{id}/resolve/{commit}/{file}</summary>
    private void Redirect(HttpContext context, string path)
    {
        var parts = path.Split("/resolve/");
        var slash = parts.Length == 2 ? parts[1].IndexOf('/') : -1;
        if (slash < 0 || !_models.TryGetValue(parts[0].TrimStart('/'), out var model)
            || !model.Files.TryGetValue(Uri.UnescapeDataString(parts[1][(slash + 1)..]), out var file))
        {
            Refuse(context, 404, "EntryNotFound");
            return;
        }

        var headers = context.Response.Headers;
        headers["X-Repo-Commit"] = parts[1][..slash];
        context.Response.StatusCode = file.IsLarge ? 302 : 307;
        if (file.IsLarge)
        {
            headers["X-Linked-Etag"] = $"\"{file.ETag}\"";
            headers["X-Linked-Size"] = file.Size.ToString(CultureInfo.InvariantCulture);
            headers.ETag = "\"the-redirect's-own\"";
        }

        headers.Location = (file.IsLarge ? $"http://127.0.0.1:{_storePort}/store/" : "/cache/")
            + $"{model.Id}/{parts[1][(slash + 1)..]}";
    }

    /// <summary>/store/{org}/{name}/{file} and /cache/{org}/{name}/{file}</summary>
    private async Task SendAsync(HttpContext context, string path)
    {
        var parts = path.Split('/', 5);
        var file = _models[$"{parts[2]}/{parts[3]}"].Files[Uri.UnescapeDataString(parts[4])];
        var (content, response) = (file.Content, context.Response);
        response.Headers.ETag = file.IsLarge ? "\"the-store's-own\"" : $"W/\"{file.ETag}\"";
        var range = context.Request.GetTypedHeaders().Range?.Ranges.Single().From;
        var offset = HonoursRanges && range is { } from ? (int)from : 0;
        if (offset > 0 && offset >= content.Length)
        {
            response.StatusCode = 416;
            return;
        }

        if (offset > 0)
        {
            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {offset}-{content.Length - 1}/{content.Length}";
        }

        response.ContentLength = content.Length - offset;
        if (context.Request.Method == "GET")
            await response.Body.WriteAsync(content.AsMemory(offset));
    }

    private static void Refuse(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.Headers["X-Error-Code"] = code;
    }
}
