using System.Globalization;

namespace ClipGrpc.Tests.Architecture;

public sealed class LineLengthTests
{
    private const int MaxColumns = 120;

    [Fact]
    public void Sources_EveryLine_HasAtMost120Columns()
    {
        var tooLong =
            from path in Repository.SourceFiles()
            from line in FindLong(File.ReadAllLines(Repository.FullPath(path)))
            select $"{path}:{line}";

        Repository.AssertNone($"Lines of more than {MaxColumns} columns", tooLong);
    }

    [Fact]
    public void FindLong_CharactersNotBytes_Count()
    {
        string[] lines = [new('a', 120), new('é', 120), new('b', 121), string.Concat(Enumerable.Repeat("👍", 121))];

        Assert.Equal([3, 4], FindLong(lines));
    }

    /// <summary>The numbers of the lines that are too long, counted in characters as a person sees them.</summary>
    private static IEnumerable<int> FindLong(IEnumerable<string> lines) => lines
        .Select((line, index) => (Columns: new StringInfo(line).LengthInTextElements, Number: index + 1))
        .Where(line => line.Columns > MaxColumns)
        .Select(line => line.Number);
}
