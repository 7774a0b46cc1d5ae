using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using ClipGrpc.Server.Models;

namespace ClipGrpc.Tests.Inference;

/// <summary>
/// Weights that are a function of a model's id, as the golden vectors were made with: a splitmix64 sequence per
/// tensor, seeded with a hash of "id/name".
/// </summary>
internal sealed class SyntheticWeights(string modelId, ClipConfig config) : IWeights
{
    private readonly ConcurrentDictionary<string, TensorView> _tensors = [];

    public TensorView Get(string name) => _tensors.GetOrAdd(name, Generate);

    public float[] Floats(string name) => MemoryMarshal.Cast<byte, float>(Get(name).Data.Span).ToArray();

    private TensorView Generate(string name)
    {
        long[] shape = Shape(name);
        (double offset, double scale) = Distribution(name, shape);
        ulong seed = Hash($"{modelId}/{name}");
        var values = new float[shape.Aggregate(1L, (product, dimension) => product * dimension)];
        const int Chunk = 1 << 16;
        Parallel.For(0, (values.Length + Chunk - 1) / Chunk, chunk =>
        {
            int end = Math.Min(values.Length, (chunk + 1) * Chunk);
            for (int i = chunk * Chunk; i < end; i++)
                values[i] = (float)(offset + scale * Uniform(seed, i));
        });
        return new TensorView(
            name, TensorType.Float32, [.. shape], MemoryMarshal.AsBytes<float>(values).ToArray());
    }

    private static double Uniform(ulong seed, int index)
    {
        ulong z = unchecked(seed + ((ulong)index + 1) * 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        z ^= z >> 31;
        return ((double)(z >> 40) - (1 << 23)) / (1 << 23);
    }

    private static ulong Hash(string text)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte value in Encoding.UTF8.GetBytes(text))
            hash = unchecked((hash ^ value) * 0x100000001B3);
        return hash;
    }

    private (double Offset, double Scale) Distribution(string name, long[] shape)
    {
        if (name == "logit_scale")
            return (Math.Log(100), 0);
        if (name.EndsWith(".bias", StringComparison.Ordinal) || name.EndsWith("in_proj_bias", StringComparison.Ordinal))
            return (0, 0.05);
        if (name.Contains("ln_", StringComparison.Ordinal))
            return (1, 0.2);
        if (name == "token_embedding.weight" || name.EndsWith("positional_embedding", StringComparison.Ordinal)
            || name.EndsWith("class_embedding", StringComparison.Ordinal))
        {
            return (0, 0.04);
        }

        if (name is "visual.proj" or "text_projection")
            return (0, Math.Sqrt(3.0 / shape[0]));
        double scale = Math.Sqrt(3.0 / shape.Skip(1).Aggregate(1L, (product, dimension) => product * dimension));
        if (name.EndsWith("out_proj.weight", StringComparison.Ordinal)
            || name.EndsWith("c_proj.weight", StringComparison.Ordinal))
        {
            scale /= Math.Sqrt(2.0 * TowerOf(name).Layers);
        }

        return (0, scale);
    }

    private TowerConfig TowerOf(string name) =>
        name.StartsWith("visual.", StringComparison.Ordinal) ? config.Vision : config.Text;

    private long[] Shape(string name)
    {
        TowerConfig tower = TowerOf(name);
        return name switch
        {
            "logit_scale" => [],
            "visual.conv1.weight" => [tower.Width, 3, config.PatchSize, config.PatchSize],
            "visual.class_embedding" => [tower.Width],
            "visual.positional_embedding" => [1 + config.Patches, tower.Width],
            "visual.proj" or "text_projection" => [tower.Width, config.EmbeddingDimensions],
            "token_embedding.weight" => [config.VocabularySize, tower.Width],
            "positional_embedding" => [config.ContextLength, tower.Width],
            _ => BlockShape(name, tower),
        };
    }

    private static long[] BlockShape(string name, TowerConfig tower) =>
        string.Join('.', name.Split('.')[^2..]) switch
        {
            "attn.in_proj_weight" => [3 * tower.Width, tower.Width],
            "attn.in_proj_bias" => [3 * tower.Width],
            "out_proj.weight" => [tower.Width, tower.Width],
            "c_fc.weight" => [tower.MlpWidth, tower.Width],
            "c_fc.bias" => [tower.MlpWidth],
            "c_proj.weight" => [tower.Width, tower.MlpWidth],
            _ => [tower.Width],
        };
}
