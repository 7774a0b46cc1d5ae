using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Stands before the end of a gRPC response: the framework completes the response by itself when the deadline passes,
/// and the status then gets the details that all have.
/// </summary>
/// <remarks>
/// A completed response is sent by another thread, at any time. Its trailers can look writable until then, so only this
/// can tell whether they still are. The framework does not end a call while its deadline completes the response:
/// whatever runs after the call can rely on <see cref="IsCompleted"/>.
/// </remarks>
internal sealed class ResponseCompletion(HttpContext context, IHttpResponseBodyFeature body) : IHttpResponseBodyFeature
{
    /// <summary>Whether the status is final.</summary>
    public bool IsCompleted { get; private set; }

    public Stream Stream => body.Stream;

    public PipeWriter Writer => body.Writer;

    public Task CompleteAsync()
    {
        if (!IsCompleted)
            FailedCall.CompleteIfFailed(context);
        IsCompleted = true;
        return body.CompleteAsync();
    }

    public void DisableBuffering() => body.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => body.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        body.SendFileAsync(path, offset, count, cancellationToken);
}
