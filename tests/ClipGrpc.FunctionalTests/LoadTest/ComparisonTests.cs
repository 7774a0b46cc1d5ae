using System.Text.Json;
using ClipGrpc.LoadTest;
using ClipGrpc.LoadTest.Comparisons;

namespace ClipGrpc.FunctionalTests.LoadTest;

public class ComparisonTests
{
    private static readonly ComparisonGoal Ratio = new("saturation", "?", "served", "raw", Least: 0.9);

    [Fact]
    public void Result_Rounds_IsOfTheMedians()
    {
        var result = new ComparisonResult(Ratio, [new Round(90, 100), new Round(10, 1000), new Round(95, 99)]);

        Assert.Equal((90, 100, 0.9), (result.First, result.Second, result.Result));
        Assert.Equal(0.01, result.Lowest, 1e-9);
        Assert.Equal(95 / 99.0, result.Highest, 1e-9);
        Assert.Equal(0.9, result.MedianOfRounds, 1e-9);
        Assert.True(Ratio.IsMetBy(result.Result));
    }

    [Fact]
    public void Besides_Notes_IsTheMedianOfNumbers()
    {
        Round[] rounds =
        [
            .. new[] { 3.0, 1, 2 }.Select(ratio => new Round(
                1, 1, new Dictionary<string, object> { ["raw_ratio"] = ratio, ["statuses"] = "OK 3" })),
        ];

        var besides = Assert.Single(new ComparisonResult(Ratio, rounds).Besides);

        Assert.Equal(("raw_ratio", 2), (besides.Key, besides.Value));
    }

    [Fact]
    public void Median_EvenCount_IsTheMiddle() => Assert.Equal(2.5, ComparisonResult.Median([4, 1, 2, 3]));

    [Theory]
    [InlineData(0.89, false)]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, false)]
    [InlineData(0.9, true)]
    public void IsMetBy_Result_ComparesWithTheTarget(double result, bool expected) =>
        Assert.Equal(expected, Ratio.IsMetBy(result));

    [Fact]
    public void IsMetBy_Range_HasTwoEnds()
    {
        var range = new ComparisonGoal("fairness", "?", "a", "b", Least: 0.9, Most: 1.1);

        Assert.Equal([false, true, false], new[] { 0.8, 1, 1.2 }.Select(range.IsMetBy));
    }

    [Fact]
    public void ToJson_Rounds_HasTheGoalsKeysAndEveryRun()
    {
        var notes = new Dictionary<string, object> { ["statuses"] = "OK 3" };
        var result = new ComparisonResult(Ratio, [new Round(1, 2, notes), new Round(3, 4)]);

        using var json = JsonDocument.Parse(JsonSerializer.Serialize(result.ToJson()));

        Assert.Equal(2, json.RootElement.GetProperty("served").GetDouble());
        Assert.Equal(3, json.RootElement.GetProperty("raw").GetDouble());
        Assert.Equal(2 / 3.0, json.RootElement.GetProperty("ratio").GetDouble(), 1e-9);
        var runs = json.RootElement.GetProperty("runs");
        Assert.Equal([1, 3], runs.EnumerateArray().Select(run => run.GetProperty("served").GetDouble()));
        Assert.Equal("OK 3", runs[0].GetProperty("statuses").GetString());
    }

    [Fact]
    public void Goal_OfSaturation_HasTheKeysThatScriptsRead()
    {
        var goal = new SaturationComparison(null!).Goal;

        Assert.Equal(
            ("served_items_per_second", "raw_items_per_second", "ratio"), (goal.First, goal.Second, goal.Result));
    }

    [Fact]
    public void Read_Names_AreChecked()
    {
        Assert.Equal(["tail", "idle"], AllComparisons.Read("tail, idle"));
        Assert.Equal(AllComparisons.Names.Where(name => !name.StartsWith("pillow")), AllComparisons.Read("all"));
        Assert.Equal(AllComparisons.Names.Where(name => name.StartsWith("pillow")), AllComparisons.Read("pillow"));
        Assert.Throws<LoadTestException>(() => AllComparisons.Read("speed"));
    }
}
