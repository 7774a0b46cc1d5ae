using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Hub;

/// <summary>A file's name as a server gives it: untrusted until it is checked.</summary>
internal static class HubFileName
{
    private const int MaxLength = 1024;

    // Windows takes some of these as separators, drives or streams; no published model has them.
    private const string Forbidden = "\\:*?\"<>|";

    /// <summary>Whether the name is a relative path that stays in its folder on every system.</summary>
    public static bool IsSafe(string name) =>
        name.Length is > 0 and <= MaxLength
        && !name.Any(c => char.IsControl(c) || Forbidden.Contains(c))
        && name.Split('/').All(part => part is not ("" or "." or "..") && part[^1] is not (' ' or '.'));

    /// <exception cref="ClipException">Unavailable: the name would lead out of the model's folder.</exception>
    public static void Check(string name)
    {
        if (!IsSafe(name))
        {
            throw new ClipException(
                ClipErrorReason.ModelSourceUnavailable,
                $"The Hugging Face Hub lists a file that is not a path inside a model: {CheckpointErrors.Quote(name)}. "
                + "It was not downloaded.");
        }
    }
}
