namespace ClipGrpc.Models.Cards;

/// <summary>The models that are known by name: their other names and what their cards say.</summary>
internal static class ModelCatalog
{
    public const string Demo = "demo";

    private const string ResearchUse =
        "Research: zero-shot image classification, image and text retrieval, and fine-tuning or linear probes on them.";

    private const string OutOfScope =
        "Any deployed use, commercial or not, without testing it in its own domain with its own class taxonomy; "
        + "surveillance and facial recognition always; languages other than English.";

    private static readonly ModelCatalogEntry[] Entries =
    [
        new(
            Demo,
            [],
            new ModelCard(
                License: "MIT",
                TrainingData: "21,906 emoji, icons and clip art under open licences, which its card lists",
                IntendedUse: "Trying the server without a download.",
                OutOfScopeUse:
                    "Everything else: it is small, weak on photographs, and no substitute for a published model.",
                Url: "models/demo/README.md")),
        new(
            "laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K",
            ["ViT-L-14/datacomp_xl_s13b_b90k"],
            new ModelCard(
                "MIT", "DataComp-1B: 1.4 billion image-text pairs of Common Crawl", 79.2f, ResearchUse, OutOfScope,
                "https://huggingface.co/laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K")),
        new(
            "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
            ["ViT-B-32/laion2b_s34b_b79k"],
            new ModelCard(
                "MIT", "LAION-2B: the 2 billion English image-text pairs of LAION-5B", 66.6f, ResearchUse, OutOfScope,
                "https://huggingface.co/laion/CLIP-ViT-B-32-laion2B-s34B-b79K")),
        new(
            "laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K",
            ["ViT-B-32/datacomp_xl_s13b_b90k"],
            new ModelCard(
                "MIT", "DataComp-1B: 1.4 billion image-text pairs of Common Crawl", 72.7f, ResearchUse, OutOfScope,
                "https://huggingface.co/laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K")),
        new(
            "openai/clip-vit-base-patch16",
            ["ViT-B-16/openai"],
            new ModelCard(
                TrainingData: "400 million image-text pairs of the public internet, not published",
                ImageNetTop1: 68.3f,
                IntendedUse: ResearchUse,
                OutOfScopeUse: OutOfScope,
                Url: "https://huggingface.co/openai/clip-vit-base-patch16")),
    ];

    /// <summary>OpenCLIP's names of all models here.</summary>
    public static IEnumerable<string> Aliases => Entries.SelectMany(entry => entry.Aliases);

    /// <summary>What a source can be, as a sentence.</summary>
    public static string Sources { get; } =
        $"A source is `{Demo}` (built in), a folder with a checkpoint's files or a pre-exported ONNX model, "
        + "a Hugging Face Hub model id (organization/name or organization/name@revision, a branch, tag or commit), "
        + "or one of the OpenCLIP names "
        + string.Join(", ", Aliases) + ".";

    /// <summary>Finds a model by id or alias, whatever its revision; the comparison ignores case.</summary>
    public static ModelCatalogEntry? Find(string source)
    {
        var name = source.Split('@')[0];
        return Array.Find(
            Entries,
            entry => entry.Id.Equals(name, StringComparison.OrdinalIgnoreCase)
                || entry.Aliases.Contains(name, StringComparer.OrdinalIgnoreCase));
    }
}
