using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving;

namespace ClipGrpc.Tests.Rpc;

public sealed class LabelSetReaderTests
{
    private static readonly LimitOptions Limits = new() { MaxLabelSentences = 10, MaxLabels = 1000 };

    [Theory]
    [InlineData(10, 0)]
    [InlineData(10, 1)]
    [InlineData(5, 2)]
    public void Read_AsManySentencesAsAllowed_AreTaken(int labels, int templates) =>
        Assert.Equal(10, LabelSetReader.Read(Set(labels, templates), "label_set", Limits).SentenceCount);

    [Theory]
    [InlineData(11, 0)]
    [InlineData(11, 1)]
    [InlineData(6, 2)]
    public void Read_MoreSentencesThanAllowed_AreRefused(int labels, int templates)
    {
        var error = Assert.Throws<ClipException>(
            () => LabelSetReader.Read(Set(labels, templates), "label_set", Limits));

        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains("10 sentences", error.Message);
    }

    private static V1.LabelSet Set(int labels, int templates) => new()
    {
        Labels = { Enumerable.Range(0, labels).Select(i => $"label {i}") },
        Templates = { Enumerable.Range(0, templates).Select(i => $"{i} {{}}") },
    };
}
