using System.Buffers.Binary;
using System.Text;
using ClipGrpc.LoadTest.Models;

namespace ClipGrpc.TestSupport;

/// <summary>Writes safetensors files, sound ones and any other.</summary>
internal static class SafetensorsWriter
{
    public static byte[] Write(params IReadOnlyCollection<TestTensor> tensors)
    {
        using var stream = new MemoryStream();
        Safetensors.Write(stream, [.. tensors.Select(tensor => tensor.ToStreamed())]);
        return stream.ToArray();
    }

    /// <summary>A header as it is, then <paramref name="data"/>.</summary>
    public static byte[] Raw(string header, byte[] data) => Raw(Encoding.UTF8.GetBytes(header), data);

    public static byte[] Raw(byte[] header, byte[] data)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }
}
