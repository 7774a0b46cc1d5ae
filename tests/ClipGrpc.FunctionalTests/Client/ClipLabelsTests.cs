using ClipGrpc.Client;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipLabelsTests
{
    [Theory]
    [InlineData("{}", true)]
    [InlineData("a photo of a {}.", true)]
    [InlineData("{{}}", true)]
    [InlineData("", false)]
    [InlineData("a photo", false)]
    [InlineData("{ }", false)]
    [InlineData("{} and {}", false)]
    [InlineData("{}{}", false)]
    public void IsTemplate_Sentence_HoldsThePlaceholderOnce(string sentence, bool expected) =>
        Assert.Equal(expected, ClipLabels.IsTemplate(sentence));
}
