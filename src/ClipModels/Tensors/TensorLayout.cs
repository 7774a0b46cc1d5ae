using System.Runtime.InteropServices;

namespace ClipGrpc.Models.Tensors;

/// <summary>Copies of tensors in another layout; elements keep their type.</summary>
internal static class TensorLayout
{
    /// <summary>Tile side of the transposition: two tiles of 32 × 32 floats fit the first-level cache.</summary>
    private const int Tile = 32;

    /// <summary>The tensors one after the other: concatenated along their first dimension.</summary>
    public static byte[] Join(IReadOnlyList<TensorView> parts)
    {
        var joined = GC.AllocateUninitializedArray<byte>(checked(parts.Sum(part => part.Data.Length)));
        var position = 0;
        foreach (var part in parts)
        {
            part.Data.Span.CopyTo(joined.AsSpan(position));
            position += part.Data.Length;
        }

        return joined;
    }

    /// <summary>Rows and columns of a matrix exchanged.</summary>
    public static byte[] Transpose(TensorView matrix)
    {
        var (rows, columns) = ((int)matrix.Shape[0], (int)matrix.Shape[1]);
        var transposed = GC.AllocateUninitializedArray<byte>(matrix.Data.Length);
        var source = matrix.Data.Span;
        switch (matrix.Type.Size())
        {
            case sizeof(ushort):
                Transpose<ushort>(source, transposed, rows, columns);
                break;
            case sizeof(uint):
                Transpose<uint>(source, transposed, rows, columns);
                break;
            default:
                Transpose<ulong>(source, transposed, rows, columns);
                break;
        }

        return transposed;
    }

    private static void Transpose<T>(ReadOnlySpan<byte> from, Span<byte> to, int rows, int columns)
        where T : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, T>(from);
        var destination = MemoryMarshal.Cast<byte, T>(to);
        for (var top = 0; top < rows; top += Tile)
        {
            for (var left = 0; left < columns; left += Tile)
            {
                for (var row = top; row < Math.Min(top + Tile, rows); row++)
                {
                    for (var column = left; column < Math.Min(left + Tile, columns); column++)
                        destination[(column * rows) + row] = source[(row * columns) + column];
                }
            }
        }
    }
}
