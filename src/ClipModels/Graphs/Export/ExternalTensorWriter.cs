using System.Globalization;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Graphs.Onnx;

namespace ClipGrpc.Models.Graphs.Export;

/// <summary>Collects the large tensors of a graph in one file, and makes the graph name that file.</summary>
internal sealed class ExternalTensorWriter(TowerGraph graph, string path, string name) : IDisposable
{
    // A page: runtimes that map the file want tensors to begin at one.
    private const int Alignment = 4096;
    private const int BufferBytes = 1 << 20;

    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, BufferBytes);
    private readonly Dictionary<string, GraphConstant> _constants =
        graph.Constants.ToDictionary(constant => constant.Name, StringComparer.Ordinal);

    public long Length => _file.Position;

    public void Write(TensorProto tensor)
    {
        var padding = (Alignment - _file.Position % Alignment) % Alignment;
        _file.Write(new byte[padding]);
        var offset = _file.Position;
        if (_constants.TryGetValue(tensor.Name, out var constant))
            _file.Write(constant.Data.Span);
        else
            Copy(RegionOf(tensor));

        Set(tensor, "location", name);
        Set(tensor, "offset", offset.ToString(CultureInfo.InvariantCulture));
        Set(tensor, "length", (_file.Position - offset).ToString(CultureInfo.InvariantCulture));
    }

    public void Dispose() => _file.Dispose();

    private static void Set(TensorProto tensor, string key, string value)
    {
        StringStringEntryProto? entry = tensor.ExternalData.FirstOrDefault(entry => entry.Key == key);
        if (entry is null)
            tensor.ExternalData.Add(entry = new StringStringEntryProto { Key = key });
        entry.Value = value;
    }

    private FileRegion RegionOf(TensorProto tensor)
    {
        string Value(string key) => tensor.ExternalData.Single(entry => entry.Key == key).Value;
        return new FileRegion(
            Path.Combine(graph.Folder!, Value("location")), long.Parse(Value("offset"), CultureInfo.InvariantCulture),
            long.Parse(Value("length"), CultureInfo.InvariantCulture));
    }

    private void Copy(FileRegion region)
    {
        using var source = File.OpenRead(region.Path);
        source.Position = region.Offset;
        var buffer = new byte[Math.Min(region.Length, BufferBytes)];
        for (var left = region.Length; left > 0; left -= buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(left, buffer.Length));
            source.ReadExactly(part);
            _file.Write(part);
        }
    }
}
