using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.LoadTest.Models;

/// <summary>Writes safetensors files.</summary>
internal static class Safetensors
{
    public static void Write(Stream stream, IReadOnlyList<StreamedTensor> tensors)
    {
        stream.Write(Header(tensors));
        foreach (var tensor in tensors)
            tensor.WriteTo(stream.Write);
    }

    private static byte[] Header(IReadOnlyList<StreamedTensor> tensors)
    {
        var header = new Dictionary<string, object>
        {
            ["__metadata__"] = new Dictionary<string, string> { ["format"] = "pt" },
        };
        long position = 0;
        foreach (var tensor in tensors)
        {
            var end = position + tensor.Length;
            header.Add(
                tensor.Name,
                new { dtype = TypeName(tensor.Type), shape = tensor.Shape, data_offsets = new[] { position, end } });
            position = end;
        }

        var json = JsonSerializer.Serialize(header);
        json += new string(' ', -json.Length & 7);
        var bytes = new byte[sizeof(long) + json.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        Encoding.ASCII.GetBytes(json, bytes.AsSpan(sizeof(long))); // the serializer escapes everything else
        return bytes;
    }

    private static string TypeName(TensorType type) => type switch
    {
        TensorType.Float32 => "F32",
        TensorType.Float16 => "F16",
        TensorType.BFloat16 => "BF16",
        TensorType.Int64 => "I64",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
