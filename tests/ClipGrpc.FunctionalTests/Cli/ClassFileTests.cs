using ClipGrpc.Cli;
using ClipGrpc.Cli.Evaluation;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class ClassFileTests
{
    [Theory]
    [InlineData("n01\ttench\n\nn02\tgoldfish | carp\r\n")]
    [InlineData("\ufeffn01\ttench\nn02\tgoldfish|carp")]
    [InlineData("""{ "n01": "tench", "n02": ["goldfish", "carp"] }""")]
    public void Read_BothForms_GivesFoldersAndLabelsInOrder(string content)
    {
        using var folder = new TemporaryFolder();

        var classes = ClassFile.Read(folder.Write("classes", content));

        Assert.Equal(["n01", "n02"], classes.Select(item => item.Folder));
        Assert.Equal(["tench"], classes[0].Labels);
        Assert.Equal(["goldfish", "carp"], classes[1].Labels);
    }

    [Theory]
    [InlineData("a\tx\nno tab here", "line 2 has no tab")]
    [InlineData("a\tx\na\ty", "duplicate folder 'a'")]
    [InlineData("a\tx\n../b\ty", "line 2: '../b' is not the name of a folder")]
    [InlineData("a\tx\n..\ty", "'..' is not the name of a folder")]
    [InlineData("a\tx\n\ty", "line 2: '' is not the name of a folder")]
    [InlineData("a\tx\nb\ty|", "line 2: a label is empty")]
    [InlineData("a\tx\nb\t", "line 2: a label is empty")]
    [InlineData("a\tx\nb\ty\tz", "line 2: a label has a control character")]
    [InlineData("a\tx", "at least 2 classes")]
    [InlineData("", "at least 2 classes")]
    [InlineData("""{ "a": "x", """, "not valid JSON (line 1)")]
    [InlineData("""{ "a": 1, "b": "y" }""", "'a' must have a label or an array of labels")]
    [InlineData("""{ "a": ["x", 2], "b": "y" }""", "'a' must have a label or an array of labels")]
    [InlineData("""{ "a": [], "b": "y" }""", "'a': a label is empty")]
    [InlineData("""{ "a": "x", "a": "y" }""", "duplicate folder 'a'")]
    [InlineData("""{ "a": "x\ny", "b": "y" }""", "'a': a label has a control character")]
    public void Read_WrongContent_SaysWhatAndWhere(string content, string expected)
    {
        using var folder = new TemporaryFolder();

        var exception = Assert.Throws<CliException>(() => ClassFile.Read(folder.Write("classes", content)));

        Assert.Equal(ExitCode.WrongUse, exception.ExitCode);
        Assert.Contains(expected, exception.Message);
        Assert.StartsWith("--classes: ", exception.Message);
    }

    [Fact]
    public void Read_NotUtf8_IsWrongUse()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("classes", "");
        File.WriteAllBytes(path, [(byte)'a', (byte)'\t', 0xff, 0xfe]);

        var exception = Assert.Throws<CliException>(() => ClassFile.Read(path));

        Assert.Contains("not UTF-8", exception.Message);
    }
}
