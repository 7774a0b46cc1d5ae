using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ClipGrpc.LoadTest.Models;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>The synthetic tensors of an architecture, made when they are asked for and kept.</summary>
internal sealed class SyntheticWeights(string modelId, ClipConfig config) : IWeights
{
    private readonly ConcurrentDictionary<string, TensorView> _tensors = [];
    private readonly Dictionary<string, TensorShape> _shapes = ClipTensors.Of(config)
        .ToDictionary(tensor => tensor.Name);

    public TensorView Get(string name) => _tensors.GetOrAdd(name, Generate);

    public float[] Floats(string name) => MemoryMarshal.Cast<byte, float>(Get(name).Data.Span).ToArray();

    private TensorView Generate(string name)
    {
        var shape = _shapes[name].Shape;
        var values = Values(modelId, name, shape, SyntheticTensor.LayersOf(name, config));
        return new TensorView(name, TensorType.Float32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());
    }

    /// <summary>A tensor's values, row-major.</summary>
    /// <param name="modelId">Such as <c>synthetic/tiny-gelu</c>.</param>
    /// <param name="name">OpenCLIP name, such as <c>visual.conv1.weight</c>.</param>
    /// <param name="shape">OpenCLIP shape; empty for a scalar.</param>
    /// <param name="layersOfTower">Blocks of the tower the tensor belongs to.</param>
    public static float[] Values(string modelId, string name, IReadOnlyList<long> shape, int layersOfTower)
    {
        var values = new float[shape.Aggregate(1L, (product, dimension) => checked(product * dimension))];
        new SyntheticTensor(modelId, name, [.. shape], layersOfTower).Fill(0, values);
        return values;
    }
}
