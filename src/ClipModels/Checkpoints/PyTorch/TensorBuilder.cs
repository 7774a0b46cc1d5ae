using System.Collections.Immutable;
using ClipGrpc.Models.Tensors;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Checkpoints.PyTorch;

/// <summary>Replaces the Python functions that a pickle of tensors calls. Every argument is checked.</summary>
internal static class TensorBuilder
{
    private const int MaxDimensions = 16;

    /// <summary>A persistent id: ("storage", type, key, device, elements).</summary>
    public static PickleStorage Storage(object? id, string file)
    {
        if (id is not object?[] { Length: 5 } parts
            || parts[0] is not "storage"
            || parts[1] is not PickleGlobal { StorageType: { } type }
            || parts[2] is not string key
            || parts[3] is not string
            || parts[4] is not long elements
            || elements < 0)
        {
            throw Invalid(file, "the pickle refers to something that is not a tensor storage.");
        }

        return new PickleStorage(type, key, elements);
    }

    public static object Call(PickleGlobal callee, object?[] arguments, string file)
    {
        if (callee == PickleGlobal.OrderedDictionary && arguments.Length == 0)
            return new PickleDictionary();
        if (callee == PickleGlobal.RebuildTensor)
            return Tensor(arguments, file);
        if (callee == PickleGlobal.RebuildParameter && arguments is [PickleTensor tensor, bool, PickleDictionary])
            return tensor;

        throw Invalid(file, $"the pickle calls {callee.Name} with invalid arguments.");
    }

    /// <summary>Arguments: storage, offset, size, stride, requires_grad, backward hooks.</summary>
    private static PickleTensor Tensor(object?[] arguments, string file)
    {
        if (arguments.Length != 6
            || arguments is not [PickleStorage storage, long offset, object?[] size, object?[] stride, .. var rest]
            || rest is not [bool, PickleDictionary]
            || size.Length != stride.Length
            || size.Length > MaxDimensions
            || !TryGetIntegers(size, out var shape)
            || !TryGetIntegers(stride, out var strides)
            || offset < 0)
        {
            throw Invalid(file, "the pickle builds a tensor from invalid arguments.");
        }

        CheckBounds(storage, offset, shape, strides, file);
        return new PickleTensor(storage, offset, shape, strides);
    }

    private static bool TryGetIntegers(object?[] values, out ImmutableArray<long> integers)
    {
        integers = [.. values.OfType<long>().Where(value => value >= 0)];
        return integers.Length == values.Length;
    }

    private static void CheckBounds(
        PickleStorage storage, long offset, ImmutableArray<long> shape, ImmutableArray<long> strides, string file)
    {
        var what = $"a tensor of shape {Format(shape)} in storage {Quote(storage.Key)}";
        if (!TensorTypes.TryCountElements(shape.AsSpan(), out var elements))
            throw Invalid(file, $"{what} has more than 2^63 elements.");

        // More elements than the storage has means that some are repeated: a small file must not become a large copy.
        var last = elements == 0 ? -1 : LastElement(offset, shape, strides);
        if (offset > storage.Elements || last >= storage.Elements || elements > storage.Elements)
            throw Invalid(file, $"{what} is not within the storage's {storage.Elements} elements.");
    }

    private static Int128 LastElement(long offset, ImmutableArray<long> shape, ImmutableArray<long> strides)
    {
        Int128 last = offset;
        for (var i = 0; i < shape.Length; i++)
            last += (Int128)(shape[i] - 1) * strides[i];
        return last;
    }
}
