using System.Runtime.InteropServices;

namespace ClipGrpc.Server.Models;

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
                Transpose(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<byte, ushort>(transposed.AsSpan()), rows, columns);
                break;
            case sizeof(uint):
                Transpose(MemoryMarshal.Cast<byte, uint>(source), MemoryMarshal.Cast<byte, uint>(transposed.AsSpan()), rows, columns);
                break;
            default:
                Transpose(MemoryMarshal.Cast<byte, ulong>(source), MemoryMarshal.Cast<byte, ulong>(transposed.AsSpan()), rows, columns);
                break;
        }

        return transposed;
    }

    private static void Transpose<T>(ReadOnlySpan<T> source, Span<T> destination, int rows, int columns)
    {
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
