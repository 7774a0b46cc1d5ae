using ClipGrpc.LoadTest.Driving;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.FunctionalTests.LoadTest;

public class MeasuringWindowTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Rate_AnswersInBatches_IsThatOfWholeBatches()
    {
        // 32 items each 2 s: 16/s, whatever part of a batch the stretch cuts off.
        var window = new MeasuringWindow(At(5), At(10));
        for (var seconds = 0; seconds <= 20; seconds += 2)
            window.Count(At(seconds), 32);

        Assert.Equal(16, window.Rate(_time), 1e-6);
    }

    [Fact]
    public void Rate_NothingBefore_StartsWithTheWindow()
    {
        var window = new MeasuringWindow(At(0), At(10));
        window.Count(At(1), 1);
        window.Count(At(2), 1);

        Assert.Equal(1, window.Rate(_time), 1e-6);
    }

    [Fact]
    public void Rate_OnlyFailures_IsZero()
    {
        var window = new MeasuringWindow(At(0), At(10));
        window.Count(At(1), 0);

        Assert.Equal(0, window.Rate(_time));
    }

    [Fact]
    public void Contains_Edges_TheEndIsOutside()
    {
        var window = new MeasuringWindow(At(1), At(2));

        Assert.True(window.Contains(At(1)));
        Assert.False(window.Contains(At(2)));
    }

    private long At(double seconds) => (long)(seconds * _time.TimestampFrequency);
}
