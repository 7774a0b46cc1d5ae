using System.Text;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;

namespace ClipGrpc.LoadTest.Models;

/// <summary>
/// A tensor whose values are a function of the model's id and the tensor's OpenCLIP name: a SplitMix64 sequence seeded
/// with FNV-1a of "ID/NAME", scaled as a trained model's tensors are, so that activations stay in their usual range.
/// </summary>
internal readonly struct SyntheticTensor
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;
    private const int Chunk = 1 << 16;

    private readonly ulong _seed;
    private readonly double _offset;
    private readonly double _scale;

    /// <param name="modelId">Any name; another one gives other weights.</param>
    /// <param name="name">OpenCLIP name, such as <c>visual.conv1.weight</c>.</param>
    /// <param name="shape">OpenCLIP shape; empty for a scalar.</param>
    /// <param name="layersOfTower">Blocks of the tower that the tensor belongs to.</param>
    public SyntheticTensor(string modelId, string name, ReadOnlySpan<long> shape, int layersOfTower)
    {
        _seed = Fnv1A($"{modelId}/{name}");
        (_offset, _scale) = Distribution(name, shape, layersOfTower);
    }

    /// <summary>Every tensor of an architecture; the values are computed when they are written.</summary>
    public static IReadOnlyList<StreamedTensor> AllOf(ClipConfig config, string modelId) =>
    [
        .. ClipTensors.Of(config).Select(tensor => StreamedTensor.Float32(
            tensor.Name, [.. tensor.Shape],
            new SyntheticTensor(modelId, tensor.Name, tensor.Shape.AsSpan(), LayersOf(tensor.Name, config)).Fill)),
    ];

    /// <summary>Blocks of the tower that a tensor belongs to.</summary>
    public static int LayersOf(string name, ClipConfig config) =>
        name.StartsWith("visual.", StringComparison.Ordinal) ? config.Vision.Layers : config.Text.Layers;

    /// <summary>Element <paramref name="index"/> in row-major order.</summary>
    public float this[long index]
    {
        get
        {
            var z = _seed + (((ulong)index + 1) * Gamma);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            var uniform = ((double)(long)(z >> 40) - (1 << 23)) / (1 << 23);
            return (float)(_offset + (_scale * uniform));
        }
    }

    /// <summary>Elements from <paramref name="first"/> on.</summary>
    public void Fill(long first, Memory<float> values)
    {
        var tensor = this;
        Parallel.For(0, (values.Length + Chunk - 1) / Chunk, chunk =>
        {
            var part = values.Span[(chunk * Chunk)..Math.Min(values.Length, (chunk + 1) * Chunk)];
            for (var i = 0; i < part.Length; i++)
                part[i] = tensor[first + (chunk * Chunk) + i];
        });
    }

    private static (double Offset, double Scale) Distribution(string name, ReadOnlySpan<long> shape, int layersOfTower)
    {
        if (name == "logit_scale")
            return (Math.Log(100), 0);
        if (EndsWith(name, ".bias") || EndsWith(name, "in_proj_bias"))
            return (0, 0.05);
        if (name.Contains("ln_", StringComparison.Ordinal))
            return (1, 0.2);
        if (name == "token_embedding.weight" || EndsWith(name, "positional_embedding")
            || EndsWith(name, "class_embedding"))
        {
            return (0, 0.04);
        }

        if (name is "visual.proj" or "text_projection")
            return (0, Math.Sqrt(3.0 / shape[0]));

        long fanIn = 1;
        foreach (var dimension in shape[1..])
            fanIn *= dimension;
        var scale = Math.Sqrt(3.0 / fanIn);

        // Both end a residual branch: the sum over all blocks must not grow with their number.
        var endsBranch = EndsWith(name, "out_proj.weight") || EndsWith(name, "c_proj.weight");
        return (0, endsBranch ? scale / Math.Sqrt(2.0 * layersOfTower) : scale);
    }

    private static bool EndsWith(string name, string end) => name.EndsWith(end, StringComparison.Ordinal);

    private static ulong Fnv1A(string text)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var value in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ value) * 0x100000001B3;
        return hash;
    }
}
