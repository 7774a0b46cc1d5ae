using ClipGrpc.Cli.Evaluation;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>Six classes along the axes of six dimensions: an image's elements are its scores.</summary>
public sealed class ScoreboardTests
{
    private const int Classes = 6;

    [Fact]
    public void Add_KnownScores_GivesTheSharesCountedByHand()
    {
        var scores = CreateWithImages();

        // Class 0: first, first, second, sixth. Class 1: third. Class 5: first.
        Assert.Equal(6, scores.Images);
        Assert.Equal(3 / 6.0, scores.Top1!.Value, 12);
        Assert.Equal(5 / 6.0, scores.Top5!.Value, 12);
        Assert.Equal((2 / 4.0 + 0 + 1) / 3, scores.MeanTop1!.Value, 12);
        Assert.Equal((3 / 4.0 + 1 + 1) / 3, scores.MeanTop5!.Value, 12);
        Assert.Equal((4, 0.5, 0.75), (scores.ImagesOf(0), scores.Top1Of(0), scores.Top5Of(0)));
        Assert.Equal((1, 0.0, 1.0), (scores.ImagesOf(1), scores.Top1Of(1), scores.Top5Of(1)));
        Assert.Equal((0, null, null), (scores.ImagesOf(2), scores.Top1Of(2), scores.Top5Of(2)));
    }

    [Fact]
    public void MostConfused_KnownScores_OrdersByImagesThenShare()
    {
        var scores = CreateWithImages();
        scores.Add(0, [0, 9, 0, 0, 0, 0]);

        Assert.Equal(
            [new Confusion(0, 1, 2, 2 / 5.0), new Confusion(1, 3, 1, 1), new Confusion(0, 5, 1, 1 / 5.0)],
            scores.MostConfused(10));
        Assert.Equal([new Confusion(0, 1, 2, 2 / 5.0)], scores.MostConfused(1));
        Assert.Equal((2, 2, 1), (scores.Count(0, 0), scores.Count(0, 1), scores.Count(0, 5)));
    }

    [Fact]
    public void Add_EqualScores_PrefersTheEarlierClass()
    {
        var scores = new Scoreboard(Axes(), Classes);
        scores.Add(0, [1, 1, 0, 0, 0, 0]);
        scores.Add(1, [1, 1, 0, 0, 0, 0]);

        Assert.Equal((1.0, 0.0), (scores.Top1Of(0), scores.Top1Of(1)));
        Assert.Equal((1, 1), (scores.Count(0, 0), scores.Count(1, 0)));
    }

    [Fact]
    public void Top1_NoImages_IsNothing()
    {
        var scores = new Scoreboard(Axes(), Classes);

        Assert.Equal((null, null, null, null), (scores.Top1, scores.Top5, scores.MeanTop1, scores.MeanTop5));
        Assert.Empty(scores.MostConfused(10));
    }

    private static Scoreboard CreateWithImages()
    {
        var scores = new Scoreboard(Axes(), Classes);
        scores.Add(0, [9, 1, 2, 3, 4, 5]);
        scores.Add(0, [2, 0, 0, 0, 0, 0]);
        scores.Add(0, [8, 9, 0, 0, 0, 0]);
        scores.Add(0, [-1, 1, 2, 3, 4, 5]);
        scores.Add(1, [0, 7, 8, 9, 0, 0]);
        scores.Add(5, [0, 0, 0, 0, 0, 1]);
        return scores;
    }

    private static float[] Axes()
    {
        var axes = new float[Classes * Classes];
        for (var i = 0; i < Classes; i++)
            axes[i * Classes + i] = 1;
        return axes;
    }
}
