using ClipGrpc.Cli;
using ClipGrpc.Cli.Evaluation;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class TemplateListTests
{
    [Theory]
    [InlineData("openai-imagenet-80", 80, "a bad photo of a {}.", "a tattoo of the {}.")]
    [InlineData("simple-7", 7, "itap of a {}.", "a photo of the small {}.")]
    public void Read_BuiltIn_HasThePublishedSentences(string name, int count, string first, string last)
    {
        var list = TemplateList.Read(name);

        Assert.Equal(count, list.Templates.Count);
        Assert.Equal(count, list.Templates.Distinct().Count());
        Assert.Equal((first, last), (list.Templates[0], list.Templates[^1]));
        Assert.All(list.Templates, template => Assert.Equal(2, template.Split("{}").Length));
        Assert.All(list.Templates, template => Assert.EndsWith(".", template));
    }

    [Fact]
    public void Read_Simple_IsPartOfTheLargeList() => Assert.Empty(
        TemplateList.Read("simple-7").Templates.Except(TemplateList.Read("openai-imagenet-80").Templates));

    [Fact]
    public void SentencesOf_SeveralLabels_PutsEachIntoEachTemplate()
    {
        using var folder = new TemporaryFolder();
        var list = TemplateList.Read(folder.Write("t.txt", "a {}.\n\n the {}!\n"));

        var sentences = list.SentencesOf(new EvaluationClass("x", ["cat", "kitten"]));

        Assert.Equal(["a cat.", "the cat!", "a kitten.", "the kitten!"], sentences);
        Assert.Equal("t.txt", list.Name);
    }

    [Theory]
    [InlineData("a {}\nno place", "'no place' must contain {} exactly once")]
    [InlineData("{} and {}", "must contain {} exactly once")]
    [InlineData("\n", "has no templates")]
    public void Read_WrongFile_IsWrongUse(string content, string expected)
    {
        using var folder = new TemporaryFolder();

        var exception = Assert.Throws<CliException>(() => TemplateList.Read(folder.Write("t.txt", content)));

        Assert.Equal(ExitCode.WrongUse, exception.ExitCode);
        Assert.Contains(expected, exception.Message);
    }

    [Fact]
    public void Read_UnknownName_ListsTheKnownOnes()
    {
        var exception = Assert.Throws<CliException>(() => TemplateList.Read("openai-79"));

        Assert.Contains("openai-imagenet-80, simple-7", exception.Message);
    }
}
