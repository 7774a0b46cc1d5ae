using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Server.Http;

/// <summary>
/// Section <c>Clip:Http</c>: what the HTTP port serves in addition to health checks and metrics: the web page, gRPC-Web
/// and the APIs of other servers.
/// </summary>
internal sealed class HttpOptions : IValidatableObject
{
    /// <summary>The embeddings and models endpoints of the OpenAI API. Default true.</summary>
    public bool OpenAi { get; set; } = true;

    /// <summary>
    /// Zero-shot image classification of the Hugging Face inference API, and the endpoints of Text Embeddings Inference
    /// (TEI). Default true.
    /// </summary>
    public bool HuggingFace { get; set; } = true;

    /// <summary>
    /// Whether Hugging Face and TEI requests that do not set <c>truncate</c> have their long texts truncated. Otherwise
    /// these are rejected, as TEI does without <c>--auto-truncate</c>. Default true.
    /// </summary>
    public bool AutoTruncate { get; set; } = true;

    /// <summary>The classification and ranking endpoints of the Jina API. Default true.</summary>
    public bool Jina { get; set; } = true;

    /// <summary>The API of the inference container for Weaviate's module multi2vec-clip. Default true.</summary>
    public bool Weaviate { get; set; } = true;

    /// <summary>The API of Qdrant's inference service. Default true.</summary>
    public bool Qdrant { get; set; } = true;

    /// <summary>Unary and server-streaming gRPC calls over gRPC-Web. Default true.</summary>
    public bool GrpcWeb { get; set; } = true;

    /// <summary>The web page at <c>/</c>, which requires gRPC-Web. Default: as <see cref="GrpcWeb"/>.</summary>
    public bool? Page { get; set; }

    /// <summary>
    /// The origins whose pages may call this port from a browser, such as <c>https://app.example.com</c>. Default: only
    /// the server's own origin.
    /// </summary>
    public string[] CorsOrigins { get; set; } = [];

    /// <summary>
    /// The Open Inference Protocol (KServe, Triton) over gRPC and HTTP. Default true.
    /// </summary>
    public bool OpenInference { get; set; } = true;

    /// <summary>
    /// Additional model names, as <c>ALIAS=NAME</c>, for tools whose model name cannot be configured. Default: none.
    /// </summary>
    public string[] Aliases { get; set; } = [];

    public bool ServesPage() => Page ?? GrpcWeb;

    /// <summary>The model's name by alias.</summary>
    public IReadOnlyDictionary<string, string> ReadAliases() => Aliases.Select(alias => alias.Split('=', 2))
        .ToDictionary(parts => parts[0].Trim(), parts => parts[1].Trim(), StringComparer.Ordinal);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Page == true && !GrpcWeb)
        {
            yield return new ValidationResult(
                "must be false if Clip:Http:GrpcWeb is false, because the page calls the server over gRPC-Web",
                [nameof(Page)]);
        }

        foreach (var origin in CorsOrigins.Where(origin => !IsOrigin(origin)))
        {
            yield return new ValidationResult(
                "must contain origins such as https://app.example.com, in lower case and without a path, but has "
                + $"'{origin}'",
                [nameof(CorsOrigins)]);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var alias in Aliases)
        {
            var parts = alias.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts.Length < 2 || parts.Any(part => part.Length == 0))
                yield return new ValidationResult($"must be ALIAS=NAME, but is '{alias}'", [nameof(Aliases)]);
            else if (!names.Add(parts[0]))
                yield return new ValidationResult($"has the alias '{parts[0]}' more than once", [nameof(Aliases)]);
        }
    }

    /// <summary>Whether the text has the form that browsers send, because origins are compared byte by byte. A wildcard
    /// is not an origin.</summary>
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.GetLeftPart(UriPartial.Authority) == text
        && uri.UserInfo.Length == 0;
}
