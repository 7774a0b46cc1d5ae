using System.Text.Json.Nodes;

namespace ClipGrpc.TestSupport;

/// <summary>JSON with one value changed.</summary>
internal static class JsonEdit
{
    /// <param name="path">Keys with dots between; all but the last are there.</param>
    /// <param name="value">As JSON writes it.</param>
    public static string Set(string json, string path, string value)
    {
        var root = JsonNode.Parse(json)!;
        var keys = path.Split('.');
        var node = keys[..^1].Aggregate(root, (current, key) => current[key]!);
        node[keys[^1]] = JsonNode.Parse(value);
        return root.ToJsonString();
    }
}
