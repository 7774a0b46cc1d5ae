namespace ClipGrpc.Tests.Architecture;

/// <summary>
/// The layers, each with those below it. Everything else (tests, load tests, examples) is above them all.
/// </summary>
internal static class Layers
{
    private static readonly Dictionary<string, string[]> Below = new(StringComparer.Ordinal)
    {
        ["ClipGrpc.Protos"] = [],
        ["ClipImaging"] = [],
        ["ClipModels"] = ["ClipImaging"],
        ["ClipServing"] = ["ClipImaging", "ClipModels"],
        ["ClipServer"] = ["ClipGrpc.Protos", "ClipImaging", "ClipModels", "ClipServing"],
        ["ClipClient"] = ["ClipGrpc.Protos", "ClipImaging"],
        ["ClipCli"] = ["ClipClient", "ClipGrpc.Protos", "ClipImaging", "ClipModels"],
        ["ClipCliWindows"] = ["ClipCli"],
    };

    /// <summary>The references that do not point down.</summary>
    public static IEnumerable<string> FindWrong(IEnumerable<SourceProject> projects) =>
        from project in projects
        from reference in project.References
        where Below.TryGetValue(project.Name, out var below)
            ? !below.Contains(reference)
            : !project.Folder.StartsWith("tests", StringComparison.Ordinal) && !IsBelowTests(reference)
        select $"{project.Name} -> {reference}";

    private static bool IsBelowTests(string project) =>
        Below.ContainsKey(project) || project.StartsWith("ClipGrpc.LoadTest", StringComparison.Ordinal);
}
