using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Server.Http;

/// <summary>Section <c>Clip:Http</c>: the interfaces of other servers that this one offers on its HTTP port.</summary>
internal sealed class HttpOptions : IValidatableObject
{
    /// <summary>Embeddings and models as of the OpenAI API. Default true.</summary>
    public bool OpenAi { get; set; } = true;

    /// <summary>
    /// Zero-shot image classification as of the Hugging Face inference API, and the endpoints of Text Embeddings
    /// Inference. Default true.
    /// </summary>
    public bool HuggingFace { get; set; } = true;

    /// <summary>Classification and ranking as of the Jina API. Default true.</summary>
    public bool Jina { get; set; } = true;

    /// <summary>The inference container of Weaviate's module multi2vec-clip. Default true.</summary>
    public bool Weaviate { get; set; } = true;

    /// <summary>The inference service of Qdrant. Default true.</summary>
    public bool Qdrant { get; set; } = true;

    /// <summary>
    /// The Open Inference Protocol (KServe, Triton) over gRPC and HTTP. Default true.
    /// </summary>
    public bool OpenInference { get; set; } = true;

    /// <summary>
    /// Other names for models, as <c>ALIAS=NAME</c>: tools that cannot be given a model's name send one of their own.
    /// Default: none.
    /// </summary>
    public string[] Aliases { get; set; } = [];

    /// <summary>The model's name by alias.</summary>
    public IReadOnlyDictionary<string, string> ReadAliases() => Aliases.Select(alias => alias.Split('=', 2))
        .ToDictionary(parts => parts[0].Trim(), parts => parts[1].Trim(), StringComparer.Ordinal);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
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
}
