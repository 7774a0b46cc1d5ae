using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Models.Catalog;

/// <summary>A model that was asked for, by <c>--model</c> or LoadModel.</summary>
/// <param name="Name">The name that callers use.</param>
/// <param name="Source"><c>demo</c>, a model of the Hugging Face Hub, an OpenCLIP name, or a folder.</param>
/// <param name="Precision">Null: as the server's settings have it.</param>
/// <param name="Device">As the precision.</param>
internal sealed record ModelSpec(string Name, string Source, string? Precision = null, string? Device = null)
{
    /// <summary>Reads <c>NAME=SOURCE</c> or <c>SOURCE</c>.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out ModelSpec? model, [NotNullWhen(false)] out ModelSpecError? error)
    {
        text = text.Trim();
        var equals = ModelName.LooksLikePath(text) ? -1 : text.IndexOf('=');
        return equals < 0
            ? TryCreate(null, text, null, out model, out error)
            : TryCreate(text[..equals].Trim(), text[(equals + 1)..].Trim(), null, out model, out error);
    }

    /// <summary>Checks the parts; without a name one is made from the source.</summary>
    public static bool TryCreate(
        string? name, string? source, string? precision, [NotNullWhen(true)] out ModelSpec? model,
        [NotNullWhen(false)] out ModelSpecError? error)
    {
        model = null;
        error = null;
        if (string.IsNullOrWhiteSpace(source))
        {
            error = new ModelSpecError(
                "source",
                "has no source; use demo, a model id of the Hugging Face Hub such as "
                + "laion/CLIP-ViT-B-32-laion2B-s34B-b79K, an OpenCLIP name, or a folder");
        }
        else if (name is not null && !ModelName.IsValid(name))
        {
            error = new ModelSpecError("name", $"has the name '{Excerpt.Of(name)}'; {ModelName.Rule}");
        }
        else
        {
            model = new ModelSpec(name ?? ModelName.FromSource(source), source, precision);
        }

        return model is not null;
    }
}
