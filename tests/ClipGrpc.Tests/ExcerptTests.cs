namespace ClipGrpc.Tests;

public sealed class ExcerptTests
{
    [Theory]
    [InlineData("short", "short")]
    [InlineData("12345678", "12345678")]
    [InlineData("123456789", "12345678…")]
    [InlineData("1234567😀", "1234567…")]
    [InlineData("123456😀9", "123456😀…")]
    public void Of_Text_IsCutBetweenCharacters(string text, string expected) =>
        Assert.Equal(expected, Excerpt.Of(text, 8));
}
