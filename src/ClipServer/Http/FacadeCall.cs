using ClipGrpc.Serving.Batching;
using Microsoft.AspNetCore.Http.Features;

namespace ClipGrpc.Server.Http;

/// <summary>One call over HTTP.</summary>
/// <param name="Http">The request and the response.</param>
/// <param name="Work">The deadline of the call, and its end: the caller is gone, or the deadline has passed.</param>
/// <param name="Memory">What it takes of the budget.</param>
/// <param name="Limits">Of its body.</param>
/// <param name="Started">The timestamp of its arrival.</param>
internal sealed record FacadeCall(
    HttpContext Http, WorkContext Work, CallMemory Memory, BodyLimits Limits, long Started)
{
    /// <summary>Since it arrived.</summary>
    public TimeSpan Elapsed => Limits.Time.GetElapsedTime(Started);

    public Task<JsonBody> ReadBodyAsync() =>
        JsonBody.ReadAsync(Http.Request, Limits, Memory, Work.CancellationToken);

    /// <summary>The body as it is, decompressed if it is compressed.</summary>
    public Task<BodyBytes> ReadBytesAsync() =>
        BodyBytes.ReadAsync(Http.Request, Limits, Memory, isDecompressed: true, Work.CancellationToken);

    /// <summary>
    /// What follows a prefix of the path, such as a model's name, decoded once: routing leaves <c>%2F</c> as it is and
    /// decodes the rest, after which <c>x%2Fy</c> and <c>x%252Fy</c> look the same.
    /// </summary>
    /// <param name="prefix">Ends in a slash.</param>
    public string GetPathAfter(string prefix) => Uri.UnescapeDataString(GetRawPathAfter(prefix));

    /// <summary>The same as the caller has sent it, so that its slashes are told apart from those of names.</summary>
    public string GetRawPathAfter(string prefix)
    {
        var target = Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var end = target.IndexOf('?');
        var path = end < 0 ? target : target[..end];

        // A target may be a whole URI, as proxies send it: its path begins after "http://" and the host.
        var start = path.StartsWith('/') ? 0 : path.IndexOf('/', path.IndexOf("//", StringComparison.Ordinal) + 2);
        for (var slashes = prefix.Count(c => c == '/'); slashes > 0; slashes--)
            start = path.IndexOf('/', start) + 1;
        return path[start..];
    }
}
