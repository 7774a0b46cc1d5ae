using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Server.Http;

/// <summary>
/// Section <c>Clip:Http</c>: what the HTTP port offers beside probes and metrics, which is the page, gRPC-Web and the
/// interfaces of other servers.
/// </summary>
internal sealed class HttpOptions : IValidatableObject
{
    /// <summary>Embeddings and models as of the OpenAI API. Default true.</summary>
    public bool OpenAi { get; set; } = true;

    /// <summary>
    /// Zero-shot image classification as of the Hugging Face inference API, and the endpoints of Text Embeddings
    /// Inference. Default true.
    /// </summary>
    public bool HuggingFace { get; set; } = true;

    /// <summary>
    /// Whether requests of Hugging Face and Text Embeddings Inference that say nothing of it have texts that are too
    /// long cut; otherwise these are refused, as TEI does without <c>--auto-truncate</c>. Default true.
    /// </summary>
    public bool AutoTruncate { get; set; } = true;

    /// <summary>Classification and ranking as of the Jina API. Default true.</summary>
    public bool Jina { get; set; } = true;

    /// <summary>The inference container of Weaviate's module multi2vec-clip. Default true.</summary>
    public bool Weaviate { get; set; } = true;

    /// <summary>The inference service of Qdrant. Default true.</summary>
    public bool Qdrant { get; set; } = true;

    /// <summary>The unary calls of gRPC, and its streams of responses, as gRPC-Web. Default true.</summary>
    public bool GrpcWeb { get; set; } = true;

    /// <summary>The page at <c>/</c>, which calls the server with gRPC-Web. Default: where that is served.</summary>
    public bool? Page { get; set; }

    /// <summary>
    /// The origins whose pages may call this port from a browser, as <c>https://app.example.com</c>. Default: none but
    /// the server's own.
    /// </summary>
    public string[] CorsOrigins { get; set; } = [];

    /// <summary>
    /// The Open Inference Protocol (KServe, Triton) over gRPC and HTTP. Default true.
    /// </summary>
    public bool OpenInference { get; set; } = true;

    /// <summary>
    /// Other names for models, as <c>ALIAS=NAME</c>: tools that cannot be given a model's name send one of their own.
    /// Default: none.
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
                "must be false where Clip:Http:GrpcWeb is: the page calls the server with gRPC-Web", [nameof(Page)]);
        }

        foreach (var origin in CorsOrigins.Where(origin => !IsOrigin(origin)))
        {
            yield return new ValidationResult(
                "must be origins such as https://app.example.com, in lower case and without a path, but has "
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
                yield return new ValidationResult($"names '{parts[0]}' more than once", [nameof(Aliases)]);
        }
    }

    /// <summary>As browsers send it, which is compared byte by byte. A wildcard is not one.</summary>
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.GetLeftPart(UriPartial.Authority) == text
        && uri.UserInfo.Length == 0;
}
