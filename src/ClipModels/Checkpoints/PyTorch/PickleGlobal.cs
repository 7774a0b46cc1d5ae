using System.Collections.Frozen;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Checkpoints.PyTorch;

/// <summary>The Python names a pickle may use. Each stands for code of ours; no other name is ever looked up.</summary>
internal sealed record PickleGlobal(string Name, TensorType? StorageType = null)
{
    public static readonly PickleGlobal RebuildTensor = new("torch._utils._rebuild_tensor_v2");
    public static readonly PickleGlobal RebuildParameter = new("torch._utils._rebuild_parameter");
    public static readonly PickleGlobal OrderedDictionary = new("collections.OrderedDict");

    private static readonly FrozenDictionary<string, PickleGlobal> Allowed = new[]
    {
        RebuildTensor,
        RebuildParameter,
        OrderedDictionary,
        new PickleGlobal("torch.FloatStorage", TensorType.Float32),
        new PickleGlobal("torch.HalfStorage", TensorType.Float16),
        new PickleGlobal("torch.BFloat16Storage", TensorType.BFloat16),
        new PickleGlobal("torch.LongStorage", TensorType.Int64),
    }.ToFrozenDictionary(global => global.Name);

    public static PickleGlobal? Find(string name) => Allowed.GetValueOrDefault(name);
}
