using System.Globalization;
using System.Net;
using ClipGrpc.Cli.Output;
using ClipGrpc.Cli.Storage;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Search;

/// <summary>
/// The hits as a page without scripts. Browsers scale the images down: the command has no decoder, so it embeds the
/// files as they are, the best first, until <paramref name="room"/> is used. The others are linked.
/// </summary>
/// <param name="room">Bytes of all embedded files.</param>
internal sealed class SearchPage(string path, long room = SearchPage.DefaultRoom)
{
    public const long DefaultRoom = 64 << 20;

    private const string Style = """
        :root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif;
                background: Canvas; color: CanvasText; }
        body { margin: 2rem; }
        h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
        p { margin: 0 0 1.5rem; }
        ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 1.25rem;
             grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); }
        figure { margin: 0; }
        .frame { aspect-ratio: 1; border-radius: 8px; overflow: hidden;
                 background: color-mix(in srgb, CanvasText 8%, Canvas); }
        img { width: 100%; height: 100%; object-fit: contain; display: block; }
        figcaption { margin-top: .4rem; font-size: .85rem; overflow-wrap: anywhere; }
        p, figcaption span { color: color-mix(in srgb, CanvasText 70%, Canvas); }
        .query { width: 160px; height: 160px; margin: 0 0 1rem; }
        """;

    private long _room = room;

    /// <summary>Images that are linked: the page needs their files.</summary>
    public int Linked { get; private set; }

    /// <param name="queryImage">The image that was searched with; null for a text.</param>
    /// <exception cref="IOException">The page cannot be written.</exception>
    public void Write(SearchResult result, string? queryImage)
    {
        using var file = new PendingFile(path);
        using (var page = new StreamWriter(file.Stream, leaveOpen: true))
            Write(page, result, queryImage);
        file.Commit();
    }

    private void Write(TextWriter page, SearchResult result, string? queryImage)
    {
        var query = WebUtility.HtmlEncode(result.Query);
        page.WriteLine("<!doctype html>");
        page.WriteLine("<html lang=\"en\"><head><meta charset=\"utf-8\">");
        page.WriteLine("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.WriteLine(
            "<meta http-equiv=\"Content-Security-Policy\" "
            + "content=\"default-src 'none'; img-src data: file: 'self'; style-src 'unsafe-inline'\">");
        page.WriteLine($"<title>{query}</title><style>{Style}</style></head><body><main>");
        if (queryImage is not null)
            page.WriteLine($"<div class=\"frame query\"><img src=\"{SourceOf(queryImage)}\" alt=\"The query\"></div>");
        page.WriteLine($"<h1>{query}</h1>");
        page.WriteLine($"<p>{WebUtility.HtmlEncode(Describe(result))}</p><ol>");
        foreach (var hit in result.Hits)
        {
            var name = WebUtility.HtmlEncode(Path.GetRelativePath(result.Folder, hit.Path));
            var cosine = hit.Cosine.ToString("0.0000", CultureInfo.InvariantCulture);
            page.WriteLine(
                $"<li><figure><div class=\"frame\"><img src=\"{SourceOf(hit.Path)}\" alt=\"{name}\" loading=\"lazy\">"
                + $"</div><figcaption>{name}<br><span>{cosine}</span></figcaption></figure></li>");
        }

        page.WriteLine("</ol></main></body></html>");
    }

    private static string Describe(SearchResult result) =>
        $"{result.Hits.Count} of {result.Images} images in {result.Folder}, by cosine similarity. "
        + $"Model {result.Model.Name}, revision {Shorten(result.Model)}.";

    private static string Shorten(ClipModel model) => model.Revision[..Math.Min(12, model.Revision.Length)];

    private string SourceOf(string image)
    {
        if (new FileInfo(image) is { Exists: true } file && file.Length <= _room
            && File.ReadAllBytes(image) is var bytes && ImageMediaType.Find(bytes) is { } type)
        {
            _room -= bytes.Length;
            return $"data:{type};base64,{Convert.ToBase64String(bytes)}";
        }

        Linked++;
        return PageLink.Of(image, path);
    }
}
