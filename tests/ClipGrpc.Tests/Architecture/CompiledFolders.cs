using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Assembly = System.Reflection.Assembly;

namespace ClipGrpc.Tests.Architecture;

/// <summary>
/// The folders of a project and which of them use which. A folder is a namespace; <c>Internal</c> is a part of the
/// folder that it is in, and the entry point, which has no namespace, is a folder of its own. Uses come from the
/// compiled code (signatures, bodies, attributes; what the compiler generates belongs to the type it was generated
/// for). Constants and <c>nameof</c> leave no trace there: for them the <c>using</c> directives count, of which none is
/// unused.
/// </summary>
internal static partial class CompiledFolders
{
    public const string EntryPoint = "Program";
    public const string RootFolder = "(root)";

    /// <param name="files">The project's own, by their paths from the root.</param>
    public static DependencyGraph Read(SourceProject project, IEnumerable<string> files, Assembly assembly)
    {
        var graph = ReadCode(new ArchLoader().LoadAssembly(assembly).Build().Types, project.RootNamespace);
        foreach (var path in files)
            AddUsings(graph, project.RootNamespace, path, File.ReadAllText(Repository.FullPath(path)));
        return graph;
    }

    public static DependencyGraph ReadCode(IEnumerable<IType> types, string rootNamespace)
    {
        var graph = new DependencyGraph();
        var own = types.ToHashSet();
        foreach (var type in own.OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            graph.AddNode(FolderOf(type, rootNamespace));
            foreach (var target in type.Dependencies.Select(dependency => dependency.Target).Where(own.Contains))
            {
                graph.Add(
                    FolderOf(type, rootNamespace), FolderOf(target, rootNamespace), $"{type.Name} uses {target.Name}");
            }
        }

        return graph;
    }

    public static string FolderOf(string typeNamespace, string rootNamespace)
    {
        if (typeNamespace.Length == 0)
            return EntryPoint;

        var folder = typeNamespace.StartsWith(rootNamespace + ".", StringComparison.Ordinal)
            ? typeNamespace[(rootNamespace.Length + 1)..] : "";
        folder = folder == "Internal" ? "" : folder.Replace(".Internal", "", StringComparison.Ordinal);
        return folder.Length == 0 ? RootFolder : folder.Replace('.', '/');
    }

    private static string FolderOf(IType type, string rootNamespace) =>
        FolderOf(type.Namespace.FullName, rootNamespace);

    private static void AddUsings(DependencyGraph graph, string rootNamespace, string path, string text)
    {
        var from = FolderOf(NamespaceDirective().Match(text).Groups[1].Value, rootNamespace);
        foreach (Match directive in UsingDirective().Matches(text))
        {
            var name = directive.Groups["name"].Value;
            var used = directive.Groups["static"].Success ? name[..name.LastIndexOf('.')] : name;
            if (used == rootNamespace || used.StartsWith(rootNamespace + ".", StringComparison.Ordinal))
                graph.Add(from, FolderOf(used, rootNamespace), $"{Path.GetFileName(path)} imports {name}");
        }
    }

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDirective();

    [GeneratedRegex(@"^using (?<static>static )?(?:\w+ = )?(?<name>ClipGrpc[\w.]*)", RegexOptions.Multiline)]
    private static partial Regex UsingDirective();
}
