using System.Text;
using ClipGrpc.Cli;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class InputTests
{
    [Theory]
    [InlineData("utf-8", false)]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    public void ReadLines_EncodingWithMark_IsRead(string name, bool mark)
    {
        using var folder = new TemporaryFolder();
        var encoding = Encoding.GetEncoding(name);
        var text = encoding.GetBytes("Grüße\r\n\n \n🐱 Ċ\nlast");
        var path = folder.Write("a.txt", mark ? [.. encoding.GetPreamble(), .. text] : text);

        Assert.Equal(["Grüße", "🐱 Ċ", "last"], TextFile.ReadLines(path, "--texts-file"));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)'\n', (byte)'\n', 0xE4, (byte)'\n' }, "line 3 is not valid UTF-8.")]
    [InlineData(
        new byte[] { 0xFF, 0xFE, (byte)'a', 0, (byte)'\n', 0, 0x00, 0xD8, (byte)'b', 0 },
        "line 2 is not valid UTF-16, ")]
    [InlineData(new byte[] { (byte)'a', 0, (byte)'\n', 0 }, "line 1 has a NUL character.")]
    public void ReadLines_OtherBytes_NamesFileAndLine(byte[] content, string problem)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.txt", content);

        var exception = Assert.Throws<CliException>(() => TextFile.ReadLines(path, "--texts-file"));

        Assert.StartsWith($"--texts-file: {path}: {problem}", exception.Message);
        Assert.Equal(2, exception.ExitCode);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Add_AnyPieces_GivesTheSameLines(int pieceBytes)
    {
        var lines = Enumerable.Range(0, 200).Select(i => new string('ü', i * i % 700) + i).ToList();
        foreach (var encoding in new[] { new UTF8Encoding(false), Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes(string.Join('\n', lines))];
            var splitter = new LineSplitter("text", '\n');
            var found = new List<string>();
            foreach (var piece in bytes.Chunk(pieceBytes))
                found.AddRange(splitter.Add(piece));
            found.AddRange(splitter.Finish());

            Assert.Equal(lines, found);
        }
    }

    [Fact]
    public void Expand_Folder_FindsImagesByTheirContentAndReportsTheRest()
    {
        using var folder = new TemporaryFolder();
        byte[] bmp = [.. "BM"u8, 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0];
        folder.Write("a", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0]);
        folder.Write("b.data", [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, 0, 0]);
        folder.Write("c.txt", "GIF89a...");
        folder.Write("d", "RIFF....WEBPVP8 ");
        folder.Write("e", bmp);
        folder.Write("f.PNG", "by its name");
        folder.Write("g.wav", "RIFF....WAVEfmt ");
        folder.Write("h.txt", "BMW and other makes of cars, 40 of them");
        folder.Write("i.mp4", "");
        folder.Write(".hidden.png", "x");
        folder.Write(".thumbs/j.png", "x");
        Directory.CreateSymbolicLink(folder.PathOf("link"), folder.Path);
        var skipped = new List<(string Name, SkipReason Reason)>();
        var selection = new FileSelection
        {
            OnSkipped = (path, reason) => skipped.Add((Path.GetFileName(path), reason)),
        };

        var names = PathExpander.Expand([folder.Path], selection).Select(input => Path.GetFileName(input.Name));

        Assert.Equal(["a", "b.data", "c.txt", "d", "e", "f.PNG"], names);
        Assert.Equal(
            [
                (".hidden.png", SkipReason.Hidden),
                (".thumbs", SkipReason.Hidden),
                ("g.wav", SkipReason.NotAnImage),
                ("h.txt", SkipReason.NotAnImage),
                ("i.mp4", SkipReason.NotAnImage),
                ("link", SkipReason.LinkedFolder),
            ],
            skipped.OrderBy(file => file.Name, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("**/*.png", false, "a.png")]
    [InlineData("**/*.png", true, ".b.png", ".d/c.png", "a.png")]
    [InlineData(".*.png", false, ".b.png")]
    [InlineData("", false, "a.png")]
    [InlineData("", true, ".b.png", "a.png", ".d/c.png")]
    [InlineData(".d", false, ".d/c.png")]
    [InlineData(".b.png", false, ".b.png")]
    public void Expand_Hidden_IsLeftOutUnlessNamed(string pattern, bool includeHidden, params string[] expected)
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a.png", ".b.png", ".d/c.png" })
            folder.Write(name, "x");

        var inputs = PathExpander.Expand(
            [Path.Combine(folder.Path, pattern)], new FileSelection { IncludeHidden = includeHidden });

        Assert.Equal(
            expected, inputs.Select(input => Path.GetRelativePath(folder.Path, input.Name).Replace('\\', '/')));
    }

    [Fact]
    public void Contains_AllShards_HoldEachInputOnce()
    {
        var inputs = Enumerable.Range(0, 1000)
            .Select(i => i % 2 == 0 ? CliInput.Image($"photos/{i}.png") : CliInput.Text($"text {i}")).ToList();

        var parts = Enumerable.Range(1, 16)
            .Select(number => inputs.Where(new Shard(number, 16).Contains).ToList()).ToList();

        Assert.Equal(inputs.Count, parts.Sum(part => part.Count));
        Assert.Equal(inputs.Count, parts.SelectMany(part => part).Distinct().Count());
        Assert.All(parts, part => Assert.InRange(part.Count, 30, 100));
    }

    [Fact]
    public void IdOf_SamePathWrittenTwoWays_IsTheSame()
    {
        // Written down: shards of a corpus may be embedded by different releases.
        Assert.Equal("9c104bf6", InputVersion.IdOf(CliInput.Image("a/b.png")).ToString("x32")[..8]);
        Assert.Equal(
            InputVersion.IdOf(CliInput.Image("a/b.png")), InputVersion.IdOf(CliInput.Image("./a/b.png")));
        Assert.NotEqual(InputVersion.IdOf(CliInput.Image("a")), InputVersion.IdOf(CliInput.Text("a")));
        Assert.NotEqual(InputVersion.IdOf(CliInput.Image(".a")), InputVersion.IdOf(CliInput.Image("a")));
    }

    [Theory]
    [InlineData("1/1", 1, 1)]
    [InlineData("3/16", 3, 16)]
    [InlineData("16/16", 16, 16)]
    [InlineData("17/16", 0, 0)]
    [InlineData("0/16", 0, 0)]
    [InlineData("-1/16", 0, 0)]
    [InlineData("3", 0, 0)]
    [InlineData("3/", 0, 0)]
    [InlineData("1/2/3", 0, 0)]
    [InlineData("1/1000000", 0, 0)]
    public void TryParse_Shard_IsPartOfCount(string value, int number, int count) =>
        Assert.Equal(number == 0 ? null : new Shard(number, count), Shard.TryParse(value));
}
