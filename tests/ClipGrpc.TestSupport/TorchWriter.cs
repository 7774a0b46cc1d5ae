using System.Text;
using ClipGrpc.LoadTest.Models;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>Writes checkpoints as <c>torch.save</c> does for a dictionary of tensors.</summary>
internal static class TorchWriter
{
    private static readonly byte[] Version = Encoding.ASCII.GetBytes("3\n");

    public static byte[] Write(params IReadOnlyCollection<TestTensor> tensors)
    {
        using var stream = new MemoryStream();
        Write(stream, [.. tensors.Select(tensor => tensor.ToStreamed())]);
        return stream.ToArray();
    }

    /// <param name="stream">One that can go back, because checksums stand before what they are of.</param>
    public static void Write(Stream stream, IReadOnlyList<StreamedTensor> tensors)
    {
        var pickle = new PickleWriter().Protocol().Opcode('}').Opcode('(');
        for (var i = 0; i < tensors.Count; i++)
        {
            var (name, type, shape, length, _) = tensors[i];
            pickle.Text(name).Tensor(StorageName(type), $"{i}", length / type.Size(), 0, shape, Strides(shape));
        }

        var zip = new ZipWriter(stream).Add("archive/data.pkl", pickle.Opcode('u').Opcode('.').ToArray());
        for (var i = 0; i < tensors.Count; i++)
            zip.Add($"archive/data/{i}", tensors[i].Length, tensors[i].WriteTo);
        zip.Add("archive/version", Version).End();
    }

    /// <summary>An archive of a pickle and storages "0", "1", … to which more can be added.</summary>
    public static ZipWriter Archive(byte[] pickle, params byte[][] storages)
    {
        var zip = new ZipWriter().Add("archive/data.pkl", pickle);
        for (var i = 0; i < storages.Length; i++)
            zip.Add($"archive/data/{i}", storages[i]);
        return zip.Add("archive/version", Version);
    }

    private static string StorageName(TensorType type) => type switch
    {
        TensorType.Float32 => "FloatStorage",
        TensorType.Float16 => "HalfStorage",
        TensorType.BFloat16 => "BFloat16Storage",
        _ => "LongStorage",
    };

    private static long[] Strides(long[] shape)
    {
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }

        return strides;
    }
}
