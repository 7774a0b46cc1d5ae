using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

/// <summary>Inputs are their own lengths here.</summary>
public sealed class LengthBucketTests : BatchingTest
{
    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_MixedLengths_AreNotMixedAndTheOldestLeads()
    {
        var queue = AddQueue(length: n => n, buckets: [8, 16, 77]);
        await PlugAsync(queue, Device);
        var tasks = EncodeInTurn(queue, [70, 5, 12, 71, 8, 16, 6]);
        Device.Release(4);
        await NextBatchIsAsync(70, 71);
        await NextBatchIsAsync(5, 8, 6);
        await NextBatchIsAsync(12, 16);
        await Task.WhenAll(tasks).WaitAsync(Limit);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_OverheadAboveThePadding_ShorterOnesRideAlong()
    {
        var queue = AddQueue(length: n => n, buckets: [8, 16]);
        await MeasureAsync(queue, alpha: 1, beta: 0); // input 99 is of the last bucket
        await PlugAsync(queue, Device);
        var tasks = EncodeInTurn(queue, [12, 5, 6]);
        Device.Release(2);
        await NextBatchIsAsync(12, 5, 6);
        await Task.WhenAll(tasks).WaitAsync(Limit);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_RidersDoNotAllFit_StayBehind()
    {
        var queue = AddQueue(length: n => n, buckets: [8, 16]);
        await MeasureAsync(queue, alpha: 1, beta: 0);
        await PlugAsync(queue, Device);
        var tasks = EncodeInTurn(queue, [12, 13, 5, 6, 7]);
        Device.Release(3);
        await NextBatchIsAsync(12, 13);
        await NextBatchIsAsync(5, 6, 7);
        await Task.WhenAll(tasks).WaitAsync(Limit);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_LongerThanTheLastBucket_BelongsToIt()
    {
        var queue = AddQueue(length: n => n, buckets: [8, 16]);
        await PlugAsync(queue, Device);
        var tasks = EncodeInTurn(queue, [90, 12]);
        Device.Release(2);
        await NextBatchIsAsync(90, 12);
        await Task.WhenAll(tasks).WaitAsync(Limit);
    }

    private Task<EmbeddingResult>[] EncodeInTurn(TowerQueue<int> queue, int[] inputs) =>
    [
        .. inputs.Select(input =>
        {
            Clock.Advance(TimeSpan.FromMicroseconds(1));
            return Encode(queue, input);
        }),
    ];
}
