using System.Text;

namespace ClipGrpc.Tests.Architecture;

/// <summary>The page with the dependency diagrams.</summary>
internal static class DependencyPage
{
    public const string Path = "docs/design/dependencies.md";

    public const string Command =
        "UPDATE_DOCS=1 dotnet test --project tests/ClipGrpc.Tests -c Release --filter-class '*ArchitectureTests'";

    public static string Write(
        IReadOnlyList<SourceProject> projects, IReadOnlyDictionary<string, DependencyGraph> folders)
    {
        var page = new StringBuilder();
        page.Append($"""
            # Dependencies

            This page is generated from the project files and the compiled code; a test fails when it is out of date.
            To update it, run:

                {Command}

            An arrow means "uses". Arrows that follow from others are left out: if A uses B and B uses C, the arrow
            from A to C is not drawn.

            ## Projects


            """.ReplaceLineEndings("\n"));
        var references = new DependencyGraph();
        foreach (var project in projects.Where(project => folders.ContainsKey(project.Name)))
        {
            foreach (var reference in project.References)
                references.Add(project.Name, reference, "");
        }

        AppendGraph(page, references);
        foreach (var (project, graph) in folders)
        {
            page.Append(
                $"\n## Folders of {project}\n\n{graph.Nodes.Count} folders, {graph.Edges.Count} dependencies.\n\n");
            AppendGraph(page, graph);
        }

        return page.ToString();
    }

    private static void AppendGraph(StringBuilder page, DependencyGraph graph)
    {
        page.Append("```mermaid\ngraph TD\n");
        foreach (var node in graph.Nodes)
            page.Append($"    {Id(node)}[{Label(node)}]\n");
        foreach (var (from, to) in graph.Reduce())
            page.Append($"    {Id(from)} --> {Id(to)}\n");
        page.Append("```\n");
    }

    private static string Id(string node) =>
        node == CompiledFolders.RootFolder ? "root" : node.Replace('/', '_').Replace('.', '_');

    private static string Label(string node) => node == CompiledFolders.RootFolder ? "project root" : node;
}
