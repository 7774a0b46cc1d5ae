using System.Text;
using ClipGrpc.Server.Models;

namespace ClipGrpc.Tests.TestSupport;

/// <summary>Writes checkpoints as <c>torch.save</c> does for a dictionary of tensors.</summary>
internal static class TorchWriter
{
    public static byte[] Write(params IReadOnlyCollection<TestTensor> tensors)
    {
        var pickle = new PickleWriter().Protocol().Opcode('}').Opcode('(');
        var key = 0;
        foreach (var tensor in tensors)
        {
            pickle.Text(tensor.Name).Tensor(
                StorageName(tensor.Type), $"{key++}", tensor.Data.Length / tensor.Type.Size(), 0, tensor.Shape, Strides(tensor.Shape));
        }

        return Archive(pickle.Opcode('u').Opcode('.').ToArray(), [.. tensors.Select(tensor => tensor.Data)]).ToArray();
    }

    /// <summary>An archive of a pickle and storages "0", "1", … to which more can be added.</summary>
    public static ZipWriter Archive(byte[] pickle, params byte[][] storages)
    {
        var zip = new ZipWriter().Add("archive/data.pkl", pickle);
        for (var i = 0; i < storages.Length; i++)
            zip.Add($"archive/data/{i}", storages[i]);
        return zip.Add("archive/version", Encoding.ASCII.GetBytes("3\n"));
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
