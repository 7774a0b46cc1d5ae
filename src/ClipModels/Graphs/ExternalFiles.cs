using System.Globalization;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Graphs.Onnx;

namespace ClipGrpc.Models.Graphs;

/// <summary>
/// The files that tensors of one graph lie in. The runtime takes one folder per model and follows no way out of it, so
/// the first file's folder counts, and tensors of files elsewhere have to be given from memory.
/// </summary>
internal sealed class ExternalFiles
{
    // Beyond any file, so that a runtime that did read a tensor it was given would fail, not compute with other bytes.
    private const string NowhereOffset = "1125899906842624";

    private string? _firstFile;

    public string? Folder { get; private set; }

    public bool Accepts(FileRegion region) =>
        Folder is null || Path.GetDirectoryName(region.Path) == Folder;

    public void Refer(TensorProto tensor, FileRegion region)
    {
        Folder ??= Path.GetDirectoryName(region.Path);
        var file = Path.GetFileName(region.Path);
        _firstFile ??= file;
        Add(tensor, "location", file);
        Add(tensor, "offset", region.Offset.ToString(CultureInfo.InvariantCulture));
        Add(tensor, "length", region.Length.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>For a tensor that the session is given: any file will do, but it must be there.</summary>
    public void ReferToPlaceholder(TensorProto tensor)
    {
        Add(tensor, "location", _firstFile ?? TowerGraph.PlaceholderFile);
        Add(tensor, "offset", NowhereOffset);
    }

    private static void Add(TensorProto tensor, string key, string value) =>
        tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
}
