using ClipGrpc.Cli.Inputs;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class PathExpanderTests
{
    [Theory]
    [InlineData("*.png", "a.png", "b.png")]
    [InlineData("?.png", "a.png", "b.png")]
    [InlineData("**/*.png", "a.png", "b.png", "d/c.png", "d/e/f.png")]
    [InlineData("*/c.*", "d/c.png")]
    [InlineData("d/**", "d/c.png", "d/e/f.png", "d/notes.txt")]
    [InlineData("d/*/f.png", "d/e/f.png")]
    [InlineData("**/e/*", "d/e/f.png")]
    [InlineData("**/?.png", "a.png", "b.png", "d/c.png", "d/e/f.png")]
    [InlineData("d/**/?.png", "d/c.png", "d/e/f.png")]
    [InlineData("?/?/*", "d/e/f.png")]
    [InlineData("?/**", "d/c.png", "d/e/f.png", "d/notes.txt")]
    [InlineData("**/?otes.*", "d/notes.txt")]
    [InlineData("d/e/../*.png", "d/c.png")]
    [InlineData("*/note?.tx?", "d/notes.txt")]
    [InlineData("**//*.png", "a.png", "b.png", "d/c.png", "d/e/f.png")]
    [InlineData("*/./c.png/", "d/c.png")]
    [InlineData("*/../a.png", "a.png")]
    [InlineData(".", "a.png", "b.png", "d/c.png", "d/e/f.png")]
    public void Expand_Path_GivesItsImages(string pattern, params string[] expected)
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "b.png", "a.png", "d/c.png", "d/e/f.png", "d/notes.txt" })
            folder.Write(name, "x");

        var inputs = PathExpander.Expand([Path.Combine(folder.Path, pattern)]);

        Assert.All(inputs, input => Assert.Null(input.Problem));
        Assert.Equal(
            expected, inputs.Select(input => Path.GetRelativePath(folder.Path, input.Name).Replace('\\', '/')));
    }

    [Theory]
    [InlineData("*.jpg", "No file matches the pattern.")]
    [InlineData("no/such/*.jpg", "No file matches the pattern.")]
    [InlineData("no.jpg", "File or folder not found.")]
    [InlineData("", "The folder has no images.")]
    [InlineData(
        "*/d/../notes.txt",
        "The pattern cannot be evaluated: \"..\" can be only added at the beginning of the pattern.")]
    public void Expand_NothingThere_IsAnItemWithItsProblem(string path, string problem)
    {
        using var folder = new TemporaryFolder();
        folder.Write("notes.txt", "x");

        var input = Assert.Single(PathExpander.Expand([Path.Combine(folder.Path, path)]));

        Assert.Equal(problem, input.Problem?.Message);
    }

    [Fact]
    public void Expand_CircleOfLinks_Ends()
    {
        using var folder = new TemporaryFolder();
        var image = folder.Write("d/a.png", "x");
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "d", "back"), folder.Path);

        Assert.Equal([image], PathExpander.Expand([folder.Path]).Select(input => input.Name));
        var pattern = Path.Combine(folder.Path, "**", "*.png");
        Assert.Equal([image], PathExpander.Expand([pattern]).Select(input => input.Name));
    }
}
