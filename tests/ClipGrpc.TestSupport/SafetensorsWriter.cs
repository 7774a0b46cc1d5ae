using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>Writes safetensors files, sound ones and any other.</summary>
internal static class SafetensorsWriter
{
    public static byte[] Write(params IReadOnlyCollection<TestTensor> tensors)
    {
        using var stream = new MemoryStream();
        Write(stream, [.. tensors.Select(StreamedTensor.Of)]);
        return stream.ToArray();
    }

    public static void Write(Stream stream, IReadOnlyList<StreamedTensor> tensors)
    {
        var header = new Dictionary<string, object> { ["__metadata__"] = new Dictionary<string, string> { ["format"] = "pt" } };
        var position = 0L;
        foreach (var tensor in tensors)
        {
            var end = position + tensor.Length;
            header.Add(tensor.Name, new { dtype = TypeName(tensor.Type), shape = tensor.Shape, data_offsets = new[] { position, end } });
            position = end;
        }

        var json = JsonSerializer.Serialize(header);
        stream.Write(Raw(json + new string(' ', -json.Length & 7), []));
        foreach (var tensor in tensors) tensor.WriteTo(stream.Write);
    }

    /// <summary>A header as it is, then <paramref name="data"/>.</summary>
    public static byte[] Raw(string header, byte[] data) => Raw(Encoding.UTF8.GetBytes(header), data);

    public static byte[] Raw(byte[] header, byte[] data)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }

    private static string TypeName(TensorType type) => type switch
    {
        TensorType.Float32 => "F32",
        TensorType.Float16 => "F16",
        TensorType.BFloat16 => "BF16",
        _ => "I64",
    };
}
