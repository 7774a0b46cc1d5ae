using ClipGrpc.Models.Sessions;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Inference;

public sealed class CudaGraphsTests
{
    [Theory]
    [InlineData(10, 9, true)]
    [InlineData(10, 10, false)]
    [InlineData(9, 10, false)]
    public void Choose_GraphFasterOrNot_KeepsTheFaster(int plainMs, int graphMs, bool choosesGraph)
    {
        OrtEnvironment.EnsureCreated();
        var clock = new FakeTimeProvider();
        using var graphs = new CudaGraphs(clock);

        var chosen = graphs.Choose(options =>
            clock.Advance(TimeSpan.FromMilliseconds(options == graphs.Without ? plainMs : graphMs)));

        Assert.Equal(choosesGraph, chosen != graphs.Without);
    }

    [Fact]
    public void Choose_FirstRunOfTheGraph_IsNotCounted()
    {
        OrtEnvironment.EnsureCreated();
        var clock = new FakeTimeProvider();
        using var graphs = new CudaGraphs(clock);
        var graphRuns = 0;

        var chosen = graphs.Choose(options =>
        {
            var isPlain = options == graphs.Without;
            var records = !isPlain && graphRuns++ == 0;
            clock.Advance(TimeSpan.FromMilliseconds(records ? 1000 : isPlain ? 10 : 9));
        });

        Assert.NotEqual(graphs.Without, chosen);
    }
}
