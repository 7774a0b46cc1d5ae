using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ClipGrpc.Models.Configuration;

namespace ClipGrpc.Models.Checkpoints;

/// <summary>
/// What a model's numbers follow from: the content of its files, the precision, and the configuration as it was
/// understood, because parts of that can follow from something else than the files (the activation from the folder's
/// name). Two models of one identity give the same embeddings; names and times of files do not matter.
/// </summary>
internal static class ModelIdentity
{
    /// <summary>Hex digits that responses show.</summary>
    private const int ShownDigits = 12;

    /// <summary>Changes whenever the same files would give other numbers.</summary>
    private const int Version = 1;

    /// <param name="content">Digest of the files.</param>
    /// <returns>64 hex digits.</returns>
    public static string Compute(string content, ClipConfig config, Precision precision)
    {
        var text = JsonSerializer.Serialize(config, ConfigJson.Default.ClipConfig);
        return Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"clipgrpc model {Version}\n{content}\n{precision}\n{text}\n")));
    }

    /// <summary>The beginning of an identity, as responses and logs show it.</summary>
    public static string Shorten(string identity) => identity[..ShownDigits];
}

/// <summary>Every property of the configuration, those that are added later too.</summary>
[JsonSerializable(typeof(ClipConfig))]
internal sealed partial class ConfigJson : JsonSerializerContext;
