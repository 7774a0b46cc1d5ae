namespace ClipGrpc.Models.Files;

/// <summary>What this process has mapped, as Linux lists it.</summary>
internal static class ProcessMaps
{
    private const string List = "/proc/self/maps";

    /// <summary>Whether a file is mapped. Always false where the system has no list.</summary>
    /// <param name="path">Absolute, links followed.</param>
    public static bool Contains(string path) =>
        OperatingSystem.IsLinux()
        && File.ReadLines(List).Any(line => line.EndsWith(" " + path, StringComparison.Ordinal));
}
