using System.Text.Json;
using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Checkpoints;

/// <summary>
/// The index of weights that are spread over several files: which tensor is in which. Every file is a plain name, so it
/// lies beside the index.
/// </summary>
internal sealed class ShardIndex
{
    private const int MaxShards = 1000;

    private readonly HashSet<string> _files = new(StringComparer.Ordinal);

    private ShardIndex(string name) => Name = name;

    /// <summary>Of the index file.</summary>
    public string Name { get; }

    public IReadOnlyCollection<string> Files => _files;

    /// <summary>Tensor and file, as the index lists them.</summary>
    public List<(string Tensor, string File)> Entries { get; } = [];

    /// <exception cref="ClipException">The index is not sound.</exception>
    public static ShardIndex Read(string path)
    {
        var index = new ShardIndex(Path.GetFileName(path));
        using var json = JsonFile.Read(path, JsonFile.IndexLimit);
        if (!json.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            throw CheckpointErrors.Invalid(index.Name, "there is no object 'weight_map'.");

        foreach (var entry in map.EnumerateObject())
            index.Add(entry);
        return index;
    }

    private void Add(JsonProperty entry)
    {
        var file = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
        if (file.Length == 0 || file is "." or ".." || file.AsSpan().IndexOfAny("/\\:\0") >= 0)
        {
            throw CheckpointErrors.Invalid(
                Name,
                $"tensor {CheckpointErrors.Quote(entry.Name)} is not in a file of this folder: "
                + $"{CheckpointErrors.Quote(file)}.");
        }

        if (_files.Add(file) && _files.Count > MaxShards)
            throw CheckpointErrors.Invalid(Name, $"more than {MaxShards} files.");
        Entries.Add((entry.Name, file));
    }
}
