namespace ClipGrpc.Models.Hub;

/// <summary>What the Hub says of a file in the headers of its address and of redirects within the Hub.</summary>
internal sealed class HubHeaders
{
    private string? _linkedETag;
    private long? _linkedSize;
    private string? _ownETag;
    private long? _ownSize;

    public string? Commit { get; private set; }

    /// <summary>Without quotes and weak prefix. X-Linked-Etag has a large file's; its ETag is the redirect's.</summary>
    public string? ETag => _linkedETag ?? _ownETag;

    public long? Size => _linkedSize ?? _ownSize;

    /// <summary>Adds the next response on the way to the file; what a redirect said stays.</summary>
    public void Add(HttpResponseMessage response)
    {
        Commit ??= Value(response, "X-Repo-Commit");
        _linkedETag ??= Clean(Value(response, "X-Linked-Etag"));
        _linkedSize ??= long.TryParse(Value(response, "X-Linked-Size"), out var size) ? size : null;
        _ownETag = Clean(Value(response, "ETag"));
        _ownSize = response.IsSuccessStatusCode ? response.Content.Headers.ContentLength : null;
    }

    private static string? Value(HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    private static string? Clean(string? etag)
    {
        if (etag is null)
            return null;

        var strong = etag.StartsWith("W/", StringComparison.Ordinal) ? etag[2..] : etag;
        return strong.Trim('"').ToLowerInvariant();
    }
}
