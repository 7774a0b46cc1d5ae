using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Checkpoints;

/// <summary>
/// The weights of a checkpoint under OpenCLIP's names and shapes, all of them checked against the architecture when
/// this is made. Tensors that the file has as they are needed are given out in place; joined and transposed ones are
/// created again each time.
/// </summary>
internal sealed class CheckpointWeights : IWeights
{
    private readonly ITensorSource _source;
    private readonly Dictionary<string, (TensorShape Tensor, TensorMapping Mapping)> _tensors;

    /// <exception cref="ClipException">
    /// Tensors are missing, superfluous, or of another shape or type: all are named.
    /// </exception>
    public CheckpointWeights(ITensorSource source, ClipConfig config, CheckpointLayout layout)
    {
        _source = source;
        _tensors = ClipTensors.Of(config)
            .Select(tensor => (Tensor: tensor, Mapping: TensorNames.Map(tensor.Name, layout)))
            .ToDictionary(item => item.Tensor.Name, StringComparer.Ordinal);

        var problems = _tensors.Values
            .SelectMany(item => Check(item.Tensor, item.Mapping))
            .Concat(FindSuperfluous())
            .ToList();
        if (problems.Count > 0)
        {
            throw Invalid(
                source.Description, List("the tensors do not match the configuration:", problems));
        }
    }

    /// <summary>Learnt numbers.</summary>
    public long Parameters =>
        _tensors.Values.Sum(item => item.Tensor.Shape.Aggregate(1L, (count, dimension) => count * dimension));

    public TensorView Get(string name)
    {
        if (!_tensors.TryGetValue(name, out var item))
            throw NotFound($"{_source.Description} has no tensor {Quote(name)}.");

        var parts = item.Mapping.Sources.Select(_source.Get).ToArray();
        if (item.Mapping.IsTransposed)
            return new TensorView(name, parts[0].Type, item.Tensor.Shape, TensorLayout.Transpose(parts[0]));
        if (parts.Length > 1)
            return new TensorView(name, parts[0].Type, item.Tensor.Shape, TensorLayout.Join(parts));
        return parts[0] with { Name = name, Shape = item.Tensor.Shape };
    }

    public TensorView GetPart(string name, int index, int count)
    {
        if (!_tensors.TryGetValue(name, out var item) || item.Mapping.Sources.Length != count)
            return Get(name).Part(index, count);

        // The file has the parts by themselves.
        return _source.Get(item.Mapping.Sources[index]) with
        {
            Name = name,
            Shape = item.Tensor.Shape.SetItem(0, item.Tensor.Shape[0] / count),
        };
    }

    private IEnumerable<string> Check(TensorShape tensor, TensorMapping mapping)
    {
        var present = mapping.Sources.Where(name => _source.Names.Contains(name)).ToList();
        foreach (var name in mapping.Sources.Except(present))
            yield return $"missing: {name}";

        var shape = mapping.SourceShape(tensor.Shape);
        foreach (var name in present)
        {
            var info = _source.Describe(name);
            if (info.Type is not { } type || !type.IsFloatingPoint())
                yield return $"wrong type: {name} is {Quote(info.TypeName)}, expected F32, F16 or BF16";
            if (!info.Shape.SequenceEqual(shape) && !IsScalar(tensor, info))
                yield return $"wrong shape: {name} is {Format(info.Shape)}, expected {Format(shape)}";
        }

        if (present.Select(name => _source.Describe(name).TypeName).Distinct().Count() > 1)
            yield return $"different types: {string.Join(", ", present)} are parts of one tensor";
    }

    /// <summary>The logit scale is written as [] or as [1].</summary>
    private static bool IsScalar(TensorShape tensor, TensorInfo info) => tensor.Shape.IsEmpty && info.Shape is [1];

    private IEnumerable<string> FindSuperfluous()
    {
        var used = _tensors.Values.SelectMany(item => item.Mapping.Sources).ToHashSet(StringComparer.Ordinal);
        return _source.Names
            .Where(name => !used.Contains(name) && !TensorNames.IsBuffer(name))
            .Order(StringComparer.Ordinal)
            .Select(name => $"superfluous: {Quote(name)}");
    }
}
