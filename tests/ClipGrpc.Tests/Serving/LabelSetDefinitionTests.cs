using ClipGrpc.Serving.Labels;

namespace ClipGrpc.Tests.Serving;

public sealed class LabelSetDefinitionTests
{
    [Fact]
    public void ComputeId_SameContent_IsTheSame()
    {
        var a = new LabelSetDefinition(["cat", "dog"], ["a photo of a {}"]);
        var b = new LabelSetDefinition(["cat", "dog"], ["a photo of a {}"]);

        Assert.Equal(a.ComputeId("m"), b.ComputeId("m"));
        Assert.Matches("^[0-9a-f]{64}$", a.ComputeId("m"));
    }

    [Theory]
    [InlineData("m", new[] { "catd", "og" }, new[] { "{}" })]
    [InlineData("m", new[] { "dog", "cat" }, new[] { "{}" })]
    [InlineData("m", new[] { "cat" }, new[] { "{}", "dog" })]
    [InlineData("n", new[] { "cat", "dog" }, new[] { "{}" })]
    [InlineData("m", new[] { "cat", "dog" }, new[] { "a {}" })]
    public void ComputeId_OtherContent_Differs(string model, string[] labels, string[] templates)
    {
        var id = new LabelSetDefinition(["cat", "dog"], ["{}"]).ComputeId("m");
        Assert.NotEqual(id, new LabelSetDefinition(labels, templates).ComputeId(model));
    }

    [Theory]
    [InlineData("  Ice\tCREAM ", "ice cream")]
    [InlineData("caf\u00E9", "cafe\u0301")]
    [InlineData("salt &amp; pepper", "Salt & Pepper")]
    public void ReadableForm_OneTextToTheModel_IsTheSame(string one, string other) =>
        Assert.Equal(LabelSetDefinition.ReadableForm(one), LabelSetDefinition.ReadableForm(other));

    [Theory]
    [InlineData("icecream", "ice cream")]
    [InlineData("cafe", "caf\u00E9")]
    public void ReadableForm_TwoTexts_Differs(string one, string other) =>
        Assert.NotEqual(LabelSetDefinition.ReadableForm(one), LabelSetDefinition.ReadableForm(other));

    [Theory]
    [InlineData(" \u3000")]
    [InlineData("&nbsp;")]
    [InlineData("\u0001\uFEFF")]
    public void ReadableForm_NothingToRead_IsEmpty(string label) =>
        Assert.Empty(LabelSetDefinition.ReadableForm(label));

    [Fact]
    public void Sentences_SeveralTemplates_AreLabelMajor()
    {
        var set = new LabelSetDefinition(["cat", "dog"], ["a {}", "the {}!"]);
        Assert.Equal(
            ["a cat", "the cat!", "a dog", "the dog!"], Enumerable.Range(0, set.SentenceCount).Select(set.Sentence));
    }
}
