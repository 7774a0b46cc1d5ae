using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using ClipGrpc.OpenInference;
using Google.Protobuf;

namespace ClipGrpc.FunctionalTests.OpenInference;

/// <summary>Requests and responses of the protocol in few words.</summary>
internal static class OpenInferenceRequests
{
    /// <summary>Each element after its length in four bytes, little endian.</summary>
    public static byte[] Elements(params byte[][] elements)
    {
        using var bytes = new MemoryStream();
        foreach (var element in elements)
        {
            var length = new byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)element.Length);
            bytes.Write(length);
            bytes.Write(element);
        }

        return bytes.ToArray();
    }

    public static byte[] Texts(params string[] texts) => Elements([.. texts.Select(Encoding.UTF8.GetBytes)]);

    public static List<byte[]> ReadElements(byte[] bytes)
    {
        var elements = new List<byte[]>();
        for (var start = 0; start < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(start));
            elements.Add(bytes[(start + sizeof(uint))..(start + sizeof(uint) + length)]);
            start += sizeof(uint) + length;
        }

        return elements;
    }

    public static ModelInferRequest Request(params (string Name, string Datatype, long[] Shape, byte[] Raw)[] inputs)
    {
        var request = new ModelInferRequest { ModelName = "demo" };
        foreach (var (name, datatype, shape, raw) in inputs)
        {
            request.Inputs.Add(Tensor(name, datatype, shape));
            request.RawInputContents.Add(ByteString.CopyFrom(raw));
        }

        return request;
    }

    public static ModelInferRequest.Types.InferInputTensor Tensor(string name, string datatype, params long[] shape) =>
        new() { Name = name, Datatype = datatype, Shape = { shape } };

    public static ModelInferRequest With(
        this ModelInferRequest request, string parameter, InferParameter value)
    {
        request.Parameters.Add(parameter, value);
        return request;
    }

    public static ModelInferRequest Naming(this ModelInferRequest request, params string[] outputs)
    {
        request.Outputs.AddRange(outputs.Select(
            name => new ModelInferRequest.Types.InferRequestedOutputTensor { Name = name }));
        return request;
    }

    /// <summary>The rows of an output of numbers.</summary>
    public static float[][] Rows(ModelInferResponse response, string name)
    {
        var (output, index) = response.Outputs.Select((output, index) => (output, index))
            .Single(item => item.output.Name == name);
        Assert.Equal("FP32", output.Datatype);
        return Rows(response.RawOutputContents[index].Span, output.Shape);
    }

    public static float[][] Rows(ReadOnlySpan<byte> raw, IReadOnlyList<long> shape)
    {
        var numbers = MemoryMarshal.Cast<byte, float>(raw).ToArray();
        Assert.Equal(shape[0] * shape[1], numbers.Length);
        return [.. numbers.Chunk((int)shape[1])];
    }
}
