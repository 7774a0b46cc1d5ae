using System.Runtime.InteropServices;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Tests.Models;

public sealed class TensorConverterTests
{
    [Fact]
    public void ToFloat32_EveryHalf_IsExact()
    {
        var bits = AllBits();

        var values = TensorConverter.ToFloat32(View(TensorType.Float16, bits.Length, Bytes(bits)));

        Assert.Equal(bits.Select(value => (float)BitConverter.UInt16BitsToHalf(value)), values);
    }

    [Fact]
    public void ToFloat32_EveryBFloat16_IsExact()
    {
        var bits = AllBits();

        var values = TensorConverter.ToFloat32(View(TensorType.BFloat16, bits.Length, Bytes(bits)));

        Assert.Equal(bits.Select(value => (uint)value << 16), values.Select(BitConverter.SingleToUInt32Bits));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(33)]
    public void CopyToFloat32_AnyLengthAtAnOddAddress_IsExact(int length)
    {
        var expected = Enumerable.Range(0, length).Select(i => i - 3.5f).ToArray();
        var bits = expected.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray();
        byte[] shifted = [0, .. Bytes(bits)];
        byte[] shiftedFloats = [0, .. MemoryMarshal.AsBytes(expected.AsSpan())];
        var values = new float[length];

        TensorConverter.CopyToFloat32(View(TensorType.BFloat16, length, shifted.AsMemory(1)), values);
        Assert.Equal(expected, values);
        TensorConverter.CopyToFloat32(View(TensorType.Float32, length, shiftedFloats.AsMemory(1)), values);
        Assert.Equal(expected, values);
    }

    [Fact]
    public void CopyToFloat32_WrongUse_IsRefused()
    {
        var integers = View(TensorType.Int64, 1, new byte[8]);

        Assert.Throws<ClipException>(() => TensorConverter.ToFloat32(integers));
        Assert.Throws<ArgumentException>(
            () => TensorConverter.CopyToFloat32(View(TensorType.Float16, 2, new byte[4]), new float[3]));
        Assert.Throws<ArgumentException>(
            () => TensorConverter.CopyToFloat32(View(TensorType.Float16, 2, new byte[4]), new float[1]));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 40)]
    [InlineData(33, 65)]
    [InlineData(100, 7)]
    public void Transpose_AnyShapeAndSize_ExchangesRowsAndColumns(int rows, int columns)
    {
        foreach (var type in Enum.GetValues<TensorType>())
        {
            var size = type.Size();
            var data = new byte[rows * columns * size];
            new Random(7).NextBytes(data);

            var transposed = TensorLayout.Transpose(new TensorView("a", type, [rows, columns], data));

            for (var row = 0; row < rows; row++)
            {
                for (var column = 0; column < columns; column++)
                {
                    var expected = data.AsSpan(((row * columns) + column) * size, size);
                    Assert.True(expected.SequenceEqual(transposed.AsSpan(((column * rows) + row) * size, size)));
                }
            }
        }
    }

    private static ushort[] AllBits() => [.. Enumerable.Range(0, 65536).Select(value => (ushort)value)];

    private static byte[] Bytes(ushort[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static TensorView View(TensorType type, long length, ReadOnlyMemory<byte> data) =>
        new("a", type, [length], data);
}
