using System.Xml.Linq;

namespace ClipGrpc.Tests.Architecture;

/// <summary>A project file: its name and what it references.</summary>
internal sealed record SourceProject(string Name, string Folder, string RootNamespace, IReadOnlyList<string> References)
{
    public static IReadOnlyList<SourceProject> ReadAll() => [.. Repository.ProjectFiles().Select(Read)];

    /// <summary>Its source files: those below its folder that no project further down has.</summary>
    public IEnumerable<string> FindFiles(IReadOnlyList<SourceProject> all) => Repository.SourceFiles().Where(
        path => all.Where(project => path.StartsWith(project.Folder + "/", StringComparison.Ordinal))
            .MaxBy(project => project.Folder.Length) == this);

    private static SourceProject Read(string path)
    {
        var file = XDocument.Load(Repository.FullPath(path));
        var name = Path.GetFileNameWithoutExtension(path);
        return new SourceProject(
            name, Path.GetDirectoryName(path)!.Replace('\\', '/'),
            file.Descendants("RootNamespace").FirstOrDefault()?.Value ?? name,
            [
                .. file.Descendants("ProjectReference")
                    .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value))
                    .Order(StringComparer.Ordinal),
            ]);
    }
}
