using ClipGrpc.Server.Http;

namespace ClipGrpc.Server.OpenInference;

/// <summary>
/// A path below <c>/v2/models/</c>: a model's name, whose slashes may be written as they are or as <c>%2F</c>, then
/// perhaps <c>versions/V</c> and what is requested of the model. It is read from its end.
/// </summary>
/// <param name="Version">Empty: none.</param>
/// <param name="Action">Empty: none.</param>
internal sealed record ModelPath(string Name, string Version, string Action)
{
    /// <param name="actions">Other last parts belong to the name.</param>
    public static ModelPath Read(FacadeCall call, string prefix, params ReadOnlySpan<string> actions)
    {
        var parts = call.GetRawPathAfter(prefix).Split('/');
        var length = parts.Length;
        var action = "";
        if (length > 1 && actions.Contains(parts[^1]))
        {
            action = parts[^1];
            length--;
        }

        var version = "";
        if (length > 2 && parts[length - 2] == "versions")
        {
            version = Uri.UnescapeDataString(parts[length - 1]);
            length -= 2;
        }

        return new ModelPath(Uri.UnescapeDataString(string.Join('/', parts[..length])), version, action);
    }
}
