using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Checkpoints.Safetensors;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Converted;

/// <summary>A checkpoint's weights, the large ones from the converted-weights cache.</summary>
/// <param name="use">Keeps the file in the cache; disposed of with this.</param>
internal sealed class ConvertedWeights(IWeights checkpoint, SafetensorsFile file, IDisposable use)
    : IWeights, IDisposable
{
    private static readonly string[] LargeSuffixes =
    [
        "token_embedding.weight", ".attn.in_proj_weight", ".attn.out_proj.weight", ".mlp.c_fc.weight",
        ".mlp.c_proj.weight",
    ];

    /// <summary>The token table and the matrices of the blocks: 97% of a model and more.</summary>
    public static IReadOnlyList<TensorShape> Choose(ClipConfig config) =>
        [.. ClipTensors.Of(config).Where(tensor => Array.Exists(LargeSuffixes, tensor.Name.EndsWith))];

    /// <summary>Whether the checkpoint has another type.</summary>
    public static bool Differ(IWeights checkpoint, IEnumerable<TensorShape> tensors, TensorType type) =>
        tensors.Any(tensor => checkpoint.GetPart(tensor.Name, 0, Parts(tensor.Name)).Type != type);

    /// <summary>Layouts without the stacked in-projection have its parts by themselves.</summary>
    public static int Parts(string name) => name.EndsWith("in_proj_weight", StringComparison.Ordinal) ? 3 : 1;

    public TensorView Get(string name) => file.Names.Contains(name) ? file.Get(name) : checkpoint.Get(name);

    public TensorView GetPart(string name, int index, int count) =>
        file.Names.Contains(name) ? file.Get(name).Part(index, count) : checkpoint.GetPart(name, index, count);

    /// <summary>The file in the cache.</summary>
    public string Path => file.FullPath;

    /// <exception cref="ClipException">The file is another than it was.</exception>
    public void CheckUnchanged() => file.CheckUnchanged();

    public void Dispose()
    {
        file.Dispose();
        use.Dispose();
    }
}
