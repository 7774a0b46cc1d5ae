using ClipGrpc.Models.Files;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>A file in a folder of its own that tensors are written to, one after the other.</summary>
internal sealed class WeightFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clip-test-").FullName;
    private readonly string _path;

    /// <param name="start">Bytes before the first tensor.</param>
    public WeightFile(int start)
    {
        _path = Path.Combine(_folder, "weights");
        File.WriteAllBytes(_path, new byte[start]);
    }

    /// <summary>The tensor with its place in the file.</summary>
    public TensorView Append(TensorView tensor)
    {
        using var stream = File.Open(_path, FileMode.Append);
        var region = new FileRegion(_path, stream.Position, tensor.Data.Length);
        stream.Write(tensor.Data.Span);
        return tensor with { Region = region };
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
