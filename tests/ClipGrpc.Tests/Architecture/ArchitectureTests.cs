using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using ClipGrpc.Cli;
using ClipGrpc.LoadTest;
using ClipGrpc.Models;
using ClipGrpc.Server;
using ClipGrpc.Serving;
using Assembly = System.Reflection.Assembly;

namespace ClipGrpc.Tests.Architecture;

public sealed class ArchitectureTests
{
    private const string PlantedNamespace = "ClipGrpc.Tests.Architecture.Planted";
    private const string UpdateVariable = "UPDATE_DOCS";

    private static readonly Dictionary<string, Assembly> Assemblies = new()
    {
        ["ClipImaging"] = typeof(ClipException).Assembly,
        ["ClipModels"] = typeof(Precision).Assembly,
        ["ClipServing"] = typeof(ItemKind).Assembly,
        ["ClipServer"] = typeof(ServerHost).Assembly,
        ["ClipClient"] = typeof(Client.ClipClient).Assembly,
        ["ClipCli"] = typeof(CliConsole).Assembly,
        ["ClipGrpc.LoadTest"] = typeof(LoadTestException).Assembly,
    };

    private static readonly IReadOnlyList<SourceProject> Projects = SourceProject.ReadAll();

    private static readonly Lazy<Dictionary<string, DependencyGraph>> Folders = new(() => Projects
        .Where(project => Assemblies.ContainsKey(project.Name))
        .ToDictionary(
            project => project.Name,
            project => CompiledFolders.Read(project, project.FindFiles(Projects), Assemblies[project.Name])));

    private static readonly Lazy<IReadOnlyList<IType>> Planted = new(() =>
    [
        .. new ArchLoader().LoadAssembly(typeof(ArchitectureTests).Assembly).Build().Types
            .Where(type => type.FullName.StartsWith(PlantedNamespace + ".", StringComparison.Ordinal)),
    ]);

    public static TheoryData<string> ProjectNames => [.. Assemblies.Keys];

    [Fact]
    public void References_OfProjects_PointDown() =>
        Repository.AssertNone("References that do not point down", Layers.FindWrong(Projects));

    [Theory]
    [InlineData("ClipServing", "ClipServer")]
    [InlineData("ClipModels", "ClipClient")]
    [InlineData("ClipCli", "ClipServer")]
    [InlineData("ClipImaging", "ClipGrpc.Protos")]
    [InlineData("ClipGrpc.LoadTest", "ClipGrpc.TestSupport")]
    public void FindWrong_ReferenceUpOrSideways_IsFound(string from, string to) => Assert.Equal(
        [$"{from} -> {to}"], Layers.FindWrong([new SourceProject(from, "src/" + from, from, [to])]));

    [Fact]
    public void Sources_EveryProject_IsChecked() => Assert.Equal(
        Projects.Where(project => project.Folder.StartsWith("src/", StringComparison.Ordinal))
            .Where(project => project.FindFiles(Projects).Any())
            .Select(project => project.Name),
        Assemblies.Keys.Where(name => name != "ClipGrpc.LoadTest").Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void Folders_OfAProject_FormNoCycle(string project) => Repository.AssertNone(
        $"Dependencies that are part of a cycle in {project}", Folders.Value[project].FindCycles());

    [Fact]
    public void Namespaces_OfTheSources_AreTheirFolders() => Repository.AssertNone(
        "Files in another namespace than their folder's",
        from project in Projects
        where project.Folder.StartsWith("src/", StringComparison.Ordinal)
        from path in project.FindFiles(Projects)
        let folder = Path.GetDirectoryName(path)![project.Folder.Length..].Replace('\\', '/')
        let expected = project.RootNamespace + folder.Replace('/', '.')
        let text = File.ReadAllText(Repository.FullPath(path))
        let isEntryPoint = Path.GetFileName(path) == "Program.cs"
        where !isEntryPoint && !text.Contains($"\nnamespace {expected};")
            && !text.StartsWith($"namespace {expected};", StringComparison.Ordinal)
        // What every layer uses, such as its exception, is in the namespace that all share.
        where !(project.Name == "ClipImaging" && folder.Length == 0 && text.Contains("namespace ClipGrpc;"))
        // What old frameworks lack has to be where the code finds it that is written for the new ones.
        where folder != "/Polyfills"
        where !text.Contains("\n[assembly: ")
        select $"{path}: not namespace {expected}");

    [Theory]
    [InlineData("BySignature")]
    [InlineData("ByField")]
    [InlineData("ByGenericArgument")]
    [InlineData("ByBody")]
    [InlineData("ByLambda")]
    [InlineData("ByAsyncMethod")]
    [InlineData("ByAsyncLambda")]
    [InlineData("ByGenericAsyncMethod")]
    [InlineData("ByIterator")]
    [InlineData("ByTypeCheck")]
    [InlineData("ByTypeOf")]
    [InlineData("ByAttribute")]
    [InlineData("ByNestedType")]
    public void FindCycles_CycleOfOneUse_IsFound(string user)
    {
        var types = Planted.Value.Where(type => !type.FullName.Contains(".By") || type.FullName.Contains("." + user));

        Assert.Equal(2, CompiledFolders.ReadCode(types, PlantedNamespace).FindCycles().Count);
    }

    [Fact]
    public void FindCycles_LongWayRound_IsFound()
    {
        var graph = new DependencyGraph();
        graph.Add("a", "b", "");
        graph.Add("b", "c", "");
        graph.Add("a", "c", "");
        Assert.Empty(graph.FindCycles());
        Assert.Equal([("a", "b"), ("b", "c")], graph.Reduce());

        graph.Add("c", "a", "C uses A");

        Assert.Contains("c -> a (C uses A)", graph.FindCycles());
    }

    /// <summary>With <c>UPDATE_DOCS=1</c> it writes the page first.</summary>
    [Fact]
    public void DependenciesPage_IsUpToDate()
    {
        var page = DependencyPage.Write(Projects, Folders.Value);
        var path = Repository.FullPath(DependencyPage.Path);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
            File.WriteAllText(path, page);

        Assert.True(
            File.Exists(path) && File.ReadAllText(path).ReplaceLineEndings("\n") == page,
            $"{DependencyPage.Path} is out of date. Run: {DependencyPage.Command}");
    }
}
