using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class BatchSizerTests : BatchingTest
{
    /// <summary>What a disturbed warm-up finds: no overhead per batch.</summary>
    private static BatchCost Proportional { get; } = new(0, 0.0125, 0);

    [Fact]
    public void Observe_LargerBatchesGain_TheLimitRisesToTheMaximum()
    {
        var sizer = new BatchSizer(32) { WarmUpCost = Proportional };
        Assert.Equal(8, sizer.Limit(1));
        Serve(sizer, batches: 300, size => 0.01 + 0.0001 * size);
        Assert.Equal(32, sizer.Limit(1));
    }

    [Fact]
    public void Observe_LargerBatchesGainNothing_TheLimitStays()
    {
        var sizer = new BatchSizer(32) { WarmUpCost = Proportional };
        Serve(sizer, batches: 300, size => 0.0125 * size);
        Assert.Equal(8, sizer.Limit(1));
    }

    [Fact]
    public void Observe_OneTrialWasLucky_TheLimitStays()
    {
        var sizer = new BatchSizer(32) { WarmUpCost = Proportional };
        var trials = 0;
        Serve(sizer, batches: 300, size => size > 8 && ++trials % 3 == 0 ? 0.01 : 0.0125 * size);
        Assert.Equal(8, sizer.Limit(1));
        Assert.True(trials > 3);
    }

    [Fact(Timeout = 60_000)]
    public async Task WarmUpAsync_OneShortPassIsDisturbed_DoesNotCount()
    {
        Options.MaxBatchSize = 32;
        var queue = AddQueue();
        var passes = new Dictionary<int, int>();
        Device.Gated = false;
        Device.OnRun = inputs =>
        {
            // The second pass of 32, which is the first that is measured, takes thirty times as long.
            var pass = passes[inputs.Length] = passes.GetValueOrDefault(inputs.Length) + 1;
            var isDisturbed = inputs.Length == 32 && pass == 2;
            Clock.Advance(TimeSpan.FromMilliseconds(isDisturbed ? 400 : 10 + 0.1 * inputs.Length));
        };

        await queue.WarmUpAsync(99, new WarmUpPlan(1, 32), CancellationToken.None).WaitAsync(Limit);

        Device.SkipBatches();
        Device.Gated = true;
        await PlugAsync(queue, Device);
        var tasks = EncodeAll(queue, Enumerable.Range(1, 64));
        Device.Open();
        await SucceedAsync(tasks);
        Assert.Equal([1, 32, 32], Device.Batches.TakeLast(3).Select(batch => batch.Length));
    }

    [Fact(Timeout = 60_000)]
    public async Task EncodeAsync_WholeWarmUpWasDisturbed_BatchesGrowWithWork()
    {
        Options.MaxBatchSize = 32;
        Options.QueueCapacity = 4096;
        var queue = AddQueue();
        Device.Gated = false;
        Device.OnRun = inputs => Clock.Advance(TimeSpan.FromMilliseconds(inputs.Length == 32 ? 400 : 12.5));
        await queue.WarmUpAsync(99, new WarmUpPlan(1, 32), CancellationToken.None).WaitAsync(Limit);
        Device.OnRun = inputs => Clock.Advance(TimeSpan.FromMilliseconds(10 + 0.1 * inputs.Length));
        Device.SkipBatches();
        Device.Gated = true;
        await PlugAsync(queue, Device);
        var tasks = EncodeAll(queue, Enumerable.Range(1, 4000));
        Device.Open();
        await SucceedAsync(tasks);

        Assert.Equal(32, Device.Batches.TakeLast(20).Max(batch => batch.Length));
    }

    private static void Serve(BatchSizer sizer, int batches, Func<int, double> seconds)
    {
        for (var i = 0; i < batches; i++)
        {
            var size = sizer.IsTrialDue ? sizer.TrialLimit(1) : sizer.Limit(1);
            sizer.Observe(size, 1, seconds(size));
        }
    }
}
