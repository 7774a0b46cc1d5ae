namespace ClipGrpc.Models.Tensors;

internal static class TensorTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.Float32 => 4,
        TensorType.Float16 or TensorType.BFloat16 => 2,
        TensorType.Int64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    public static bool IsFloatingPoint(this TensorType type) => type != TensorType.Int64;

    /// <summary>Elements of a shape; false for a negative dimension or more than 2^63 − 1 elements.</summary>
    public static bool TryCountElements(ReadOnlySpan<long> shape, out long elements)
    {
        elements = 1;
        var isEmpty = false;
        foreach (var dimension in shape)
        {
            if (dimension < 0)
                return false;
            isEmpty |= dimension == 0;
        }

        if (isEmpty)
        {
            elements = 0;
            return true;
        }

        foreach (var dimension in shape)
        {
            if (elements > long.MaxValue / dimension)
                return false;
            elements *= dimension;
        }

        return true;
    }
}
