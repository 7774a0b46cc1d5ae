using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Tests.Inference;

public sealed class TextLengthsTests
{
    private const int Context = 77;

    private static readonly ExecutionDevice Processor = new("CPU", "cpu", IsProcessor: true, null);
    private static readonly ExecutionDevice Gpu = new("CUDA", "cuda:0", IsProcessor: false, null);

    [Theory]
    [InlineData(77)]
    [InlineData(64)]
    [InlineData(32)]
    [InlineData(1)]
    public void Of_Processor_PadsToTheLongestAndGroupsWithLittlePadding(int context)
    {
        var lengths = TextLengths.Of(new InferenceOptions(), Processor, context);

        var shortest = 1;
        foreach (var longest in lengths.Groups)
        {
            Assert.InRange(longest, shortest, context);
            Assert.True(longest - shortest <= 0.1 * longest, $"{shortest} beside {longest} is more than 10 % padding.");
            shortest = longest + 1;
        }

        Assert.Equal(context, lengths.Groups[^1]);
        Assert.All(Enumerable.Range(1, context), length => Assert.Equal(length, lengths.PadTo(length)));
    }

    [Fact]
    public void Of_Gpu_RepeatsAFewShapes()
    {
        var lengths = TextLengths.Of(new InferenceOptions(), Gpu, Context);
        Assert.Equal([8, 16, 24, 32, 48, 64, 77], lengths.Groups);
        Assert.Equal((16, 77), (lengths.PadTo(10), lengths.PadTo(65)));
    }

    [Fact]
    public void Of_LengthsInTheSettings_AreThoseOfProcessorsToo()
    {
        var lengths = TextLengths.Of(new InferenceOptions { TextLengths = [100, 20, 10] }, Processor, Context);
        Assert.Equal([10, 20, 77], lengths.Groups);
        Assert.Equal(20, lengths.PadTo(11));
    }
}
