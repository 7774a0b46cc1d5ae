using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Configuration;

/// <summary>What a model's name tells of who trained it.</summary>
internal static class WeightsOrigin
{
    private const string OpenAi = "openai";
    private const string QuickGelu = "-quickgelu";

    /// <summary>
    /// Whether weights were trained with QuickGELU as far as the model's name says: those of OpenAI (the organisation,
    /// or its name as the last part: <c>vit_base_patch16_clip_224.openai</c>, <c>ViT-B-16__openai</c>), and OpenCLIP's
    /// architectures that are called so (<c>ViT-H-14-quickgelu</c>, with or without a tag behind). OpenCLIP takes it
    /// from the tag or the architecture's name too; configurations that say it themselves are believed.
    /// </summary>
    /// <param name="folder">Of the model: a snapshot in a Hub cache, whose model gives the name, or any other.</param>
    public static bool HasQuickGelu(string folder)
    {
        var name = SnapshotFolder.FindModelId(folder)
            ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        var parts = name.ToLowerInvariant().Split('/', '.', '_');
        return name.StartsWith(OpenAi + "/", StringComparison.OrdinalIgnoreCase) || parts[^1] == OpenAi
            || Array.Exists(parts, part => part.EndsWith(QuickGelu, StringComparison.Ordinal));
    }
}
