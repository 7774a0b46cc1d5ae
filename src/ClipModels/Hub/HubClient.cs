using System.Net;
using System.Text.Json;
using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Hub;

/// <summary>The Hub's HTTP interface: one method a request, no retries.</summary>
internal sealed class HubClient(HubOptions options, TimeProvider time) : IDisposable
{
    // A model of 10,000 files has about 1 MB of description.
    private const int MaxDescription = 32 << 20;

    private readonly HubTransport _transport = new(options, time);

    /// <summary>The commit that a revision stands for, and its files.</summary>
    /// <exception cref="ClipException">The Hub does not have it or does not show it.</exception>
    /// <exception cref="HubTransientException">Trying again may help.</exception>
    public async Task<HubModelInfo> GetModelAsync(HubModelId model, CancellationToken cancellationToken)
    {
        var uri = Address($"api/models/{model.Id}/revision/{Uri.EscapeDataString(model.Revision)}");
        using var response = await _transport.SendAsync(HttpMethod.Get, uri, 0, false, null, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            throw HubErrors.Refused(options, model, null, response);

        using var body = await HubBody.OpenAsync(response, time, cancellationToken);
        var text = await body.ReadToEndAsync(MaxDescription, cancellationToken)
            ?? throw HubErrors.NotTheHub(options, model, null, "its description is too long");
        var info = ReadModel(text)
            ?? throw HubErrors.NotTheHub(options, model, null, "its description is not valid JSON of the Hub's API");
        foreach (var file in info.Files)
            HubFileName.Check(file);
        if (model.IsCommit && info.Commit != model.Revision)
            throw HubErrors.NotTheHub(options, model, null, $"it gives commit {info.Commit} instead");
        return info;
    }

    /// <summary>A file's size and hash, from the headers of its address.</summary>
    /// <exception cref="ClipException">The Hub does not have it or does not show it.</exception>
    /// <exception cref="HubTransientException">Trying again may help.</exception>
    public async Task<HubFile> GetFileAsync(
        HubModelId model, string commit, string name, CancellationToken cancellationToken)
    {
        var headers = new HubHeaders();
        using var response = await _transport.SendAsync(
            HttpMethod.Head, FileAddress(model, commit, name), 0, false, headers.Add, cancellationToken);
        if ((int)response.StatusCode >= 400)
            throw HubErrors.Refused(options, model, name, response);

        headers.Add(response);
        if (headers.Commit is { } other && other != commit)
            throw HubErrors.NotTheHub(options, model, name, "the file is of another commit");
        if (headers.ETag is not { } etag || !BlobHash.TryParse(etag, out var hash))
            throw HubErrors.NotTheHub(options, model, name, "there is no hash in its ETag");
        return headers.Size is { } size and >= 0
            ? new HubFile(name, size, hash)
            : throw HubErrors.NotTheHub(options, model, name, "the file's size is not given");
    }

    /// <summary>
    /// A file's content from <paramref name="offset"/>, or from its beginning if the server does not support ranges.
    /// </summary>
    /// <exception cref="ClipException">The Hub does not have it or does not show it.</exception>
    /// <exception cref="HubTransientException">Trying again may help.</exception>
    public async Task<HubBody> OpenAsync(
        HubModelId model, string commit, HubFile file, long offset, CancellationToken cancellationToken)
    {
        var response = await _transport.SendAsync(
            HttpMethod.Get, FileAddress(model, commit, file.Name), offset, true, null, cancellationToken);
        try
        {
            var range = response.Content.Headers.ContentRange;
            var resumes = response.StatusCode == HttpStatusCode.PartialContent
                && range?.From == offset && (range.Length is null || range.Length == file.Size);
            if (resumes || response.StatusCode == HttpStatusCode.OK)
                return await HubBody.OpenAsync(response, time, cancellationToken, resumes ? offset : 0);
        }
        catch
        {
            response.Dispose();
            throw;
        }

        using (response)
        {
            var isRangeTrouble = response.StatusCode
                is HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable;
            if (offset > 0 && isRangeTrouble)
                return await OpenAsync(model, commit, file, 0, cancellationToken);
            // Signed addresses expire: their 403 is no word of the Hub about the model.
            var isElsewhere = response.RequestMessage?.RequestUri?.Authority != options.Endpoint.Authority;
            throw isElsewhere
                ? new HubTransientException($"the file's storage returned status {(int)response.StatusCode}")
                : HubErrors.Refused(options, model, file.Name, response);
        }
    }

    public void Dispose() => _transport.Dispose();

    private Uri FileAddress(HubModelId model, string commit, string name) =>
        Address($"{model.Id}/resolve/{commit}/{string.Join('/', name.Split('/').Select(Uri.EscapeDataString))}");

    private Uri Address(string path) => new($"{options.Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    private static HubModelInfo? ReadModel(byte[] text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            var commit = root.GetProperty("sha").GetString();
            if (commit is null || !SnapshotFolder.IsCommitHash(commit))
                return null;

            var files = root.GetProperty("siblings").EnumerateArray()
                .Select(sibling => sibling.GetProperty("rfilename").GetString() ?? "")
                .ToHashSet(StringComparer.Ordinal);
            return new HubModelInfo(commit, files);
        }
        catch (Exception exception)
            when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
