using System.Text;

namespace ClipGrpc.Tests.TestSupport;

/// <summary>
/// A tensor whose values are a function of the model id and its OpenCLIP name, so that the golden vectors of full-size
/// models need no download. FNV-1a seeds a SplitMix64 sequence per tensor.
/// </summary>
internal static class SyntheticTensor
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;
    private const int Chunk = 1 << 16;

    /// <summary>The tensor's values, row-major.</summary>
    /// <param name="modelId">Such as <c>synthetic/tiny-gelu</c>.</param>
    /// <param name="name">OpenCLIP name, such as <c>visual.conv1.weight</c>.</param>
    /// <param name="shape">OpenCLIP shape; empty for a scalar.</param>
    /// <param name="layersOfTower">Blocks of the tower the tensor belongs to: output projections shrink with it.</param>
    public static float[] Values(string modelId, string name, IReadOnlyList<long> shape, int layersOfTower)
    {
        var (offset, scale) = Distribution(name, shape, layersOfTower);
        var values = new float[shape.Aggregate(1L, (product, dimension) => checked(product * dimension))];
        var seed = Fnv1A(modelId + "/" + name);
        Parallel.For(0, (values.Length + Chunk - 1) / Chunk, chunk =>
        {
            var end = Math.Min(values.Length, (chunk + 1) * Chunk);
            for (var i = chunk * Chunk; i < end; i++)
                values[i] = (float)(offset + (scale * Uniform(seed, i)));
        });
        return values;
    }

    /// <summary>From -1 to below 1.</summary>
    private static double Uniform(ulong seed, int index)
    {
        var z = seed + (((ulong)index + 1) * Gamma);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return ((double)(long)(z >> 40) - (1 << 23)) / (1 << 23);
    }

    private static (double Offset, double Scale) Distribution(string name, IReadOnlyList<long> shape, int layersOfTower)
    {
        if (name == "logit_scale")
            return (Math.Log(100), 0);

        if (name.EndsWith(".bias", StringComparison.Ordinal) || name.EndsWith("in_proj_bias", StringComparison.Ordinal))
            return (0, 0.05);

        if (name.Split('.') is [.., var norm, "weight"] && norm.StartsWith("ln_", StringComparison.Ordinal))
            return (1, 0.2);

        if (name is "token_embedding.weight"
            || name.EndsWith("positional_embedding", StringComparison.Ordinal)
            || name.EndsWith("class_embedding", StringComparison.Ordinal))
        {
            return (0, 0.04);
        }

        if (name is "visual.proj" or "text_projection")
            return (0, Math.Sqrt(3.0 / shape[0]));

        var fanIn = shape.Skip(1).Aggregate(1L, (product, dimension) => product * dimension);
        var scale = Math.Sqrt(3.0 / fanIn);
        var isOutput = name.EndsWith("out_proj.weight", StringComparison.Ordinal)
            || name.EndsWith("c_proj.weight", StringComparison.Ordinal);
        return (0, isOutput ? scale / Math.Sqrt(2.0 * layersOfTower) : scale);
    }

    private static ulong Fnv1A(string text)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var value in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ value) * 0x100000001B3;
        return hash;
    }
}
