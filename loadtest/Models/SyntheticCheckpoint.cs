using ClipGrpc.Models.Configuration;

namespace ClipGrpc.LoadTest.Models;

/// <summary>Writes a checkpoint of full size, as the Hub lays one out, whose weights nobody trained.</summary>
internal static class SyntheticCheckpoint
{
    private const string WeightsFile = "open_clip_model.safetensors";

    /// <summary>Writes configuration, weights and vocabulary; the weights come last and whole.</summary>
    /// <param name="modelId">Seed of the weights.</param>
    public static void Write(string folder, ClipConfig config, string modelId)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "open_clip_config.json"), CheckpointConfig.OpenClip(config));
        SyntheticVocabulary.Write(folder);

        var path = Path.Combine(folder, WeightsFile);
        var partial = path + ".partial";
        using (var stream = File.Create(partial))
            Safetensors.Write(stream, SyntheticTensor.AllOf(config, modelId));
        File.Move(partial, path, overwrite: true);
    }

    /// <summary>Whether a folder has all that <see cref="Write"/> writes.</summary>
    public static bool IsComplete(string folder) => File.Exists(Path.Combine(folder, WeightsFile));
}
