using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Tests.Inference;

public sealed class PartChoiceTests
{
    private const int ToMeasure = 10;
    private const int PerTrial = 64;

    private static readonly TimeSpan Fastest = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(12);

    [Theory]
    [InlineData(1, 4, 1)]
    [InlineData(8, 1, 1)]
    [InlineData(2, 4, 2)]
    [InlineData(4, 4, 4)]
    [InlineData(5, 4, 3)]
    [InlineData(9, 4, 3)]
    [InlineData(32, 2, 2)]
    public void PartsOf_FirstBatch_IsAsFewAsHaveTheSameLargestSize(int count, int cores, int expected) =>
        Assert.Equal(expected, new PartChoice(cores).PartsOf(count, length: 1));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PartsOf_BothWaysMeasured_IsTheFaster(bool partsAreFaster)
    {
        var choice = new PartChoice(cores: 2);

        var ways = Run(
            choice, ToMeasure + 20, inParts: partsAreFaster ? Fast : Slow, whole: partsAreFaster ? Slow : Fast);

        Assert.Equal(ToMeasure / 2, ways.Take(ToMeasure).Count(inParts => inParts));
        Assert.All(ways.Skip(ToMeasure), inParts => Assert.Equal(partsAreFaster, inParts));
    }

    [Fact]
    public void PartsOf_OtherWayBecomesFaster_IsFoundByTrials()
    {
        var choice = new PartChoice(cores: 2);
        Run(choice, ToMeasure, inParts: Fast, whole: Slow);

        var ways = Run(choice, 5 * (PerTrial + 1), inParts: Fast, whole: Fastest);

        // The third trial changes the median of five.
        var changed = Enumerable.Range(1, ways.Count - 1).First(i => !ways[i - 1] && !ways[i]);
        Assert.Equal(3, ways.Take(changed).Count(inParts => !inParts));
        Assert.Equal(PerTrial, ways.TakeLast(PerTrial + 1).Count(inParts => !inParts));
    }

    [Fact]
    public void PartsOf_OneDisturbedBatch_StaysWithTheFaster()
    {
        var choice = new PartChoice(cores: 2);
        Run(choice, ToMeasure, inParts: Fast, whole: Slow);

        choice.Observe(8, 1, parts: 2, 100 * Slow);

        Assert.Equal(2, choice.PartsOf(8, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PartsOf_MachineIsSlowForAWhile_StaysWithTheFaster(bool partsAreFaster)
    {
        var choice = new PartChoice(cores: 2);
        var (inParts, whole) = partsAreFaster ? (Fast, Slow) : (Slow, Fast);
        Run(choice, ToMeasure, inParts, whole);

        Run(choice, PerTrial / 2, 3 * inParts, 3 * whole);
        var ways = Run(choice, PerTrial / 4, inParts, whole);

        Assert.All(ways, way => Assert.Equal(partsAreFaster, way));
    }

    [Fact]
    public void PartsOf_OtherSizeOrLength_IsMeasuredForItself()
    {
        var choice = new PartChoice(cores: 2);
        Run(choice, ToMeasure, inParts: Slow, whole: Fast);

        Assert.Equal(1, choice.PartsOf(8, 1));
        Assert.Equal(2, choice.PartsOf(16, 1));
        Assert.Equal(2, choice.PartsOf(8, 77));
    }

    /// <summary>Batches of 8, each run as the choice says.</summary>
    /// <returns>Whether each was run in parts.</returns>
    private static List<bool> Run(PartChoice choice, int batches, TimeSpan inParts, TimeSpan whole)
    {
        var ways = new List<bool>();
        for (var i = 0; i < batches; i++)
        {
            var parts = choice.PartsOf(8, 1);
            ways.Add(parts > 1);
            choice.Observe(8, 1, parts, parts > 1 ? inParts : whole);
        }

        return ways;
    }
}
