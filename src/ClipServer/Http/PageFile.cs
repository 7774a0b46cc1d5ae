using System.Security.Cryptography;

namespace ClipGrpc.Server.Http;

/// <summary>A file of the page, from the program itself.</summary>
/// <param name="ETag">A hash of the content, so that browsers fetch it again only after a change.</param>
internal sealed record PageFile(byte[] Content, string ContentType, string ETag)
{
    private const int HashDigits = 32;

    public static PageFile Read(string resource)
    {
        using var file = typeof(PageFile).Assembly.GetManifestResourceStream(resource)!;
        var content = new byte[file.Length];
        file.ReadExactly(content);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content))[..HashDigits];
        return new PageFile(content, TypeOf(resource), $"\"{hash}\"");
    }

    private static string TypeOf(string resource) => Path.GetExtension(resource) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".jpg" => "image/jpeg",
        ".png" => "image/png",
        ".webp" => "image/webp",
        var other => throw new InvalidOperationException($"{resource}: files of the page do not end in {other}."),
    };
}
