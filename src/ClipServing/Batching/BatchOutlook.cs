namespace ClipGrpc.Serving.Batching;

/// <summary>What the policy takes into account besides the queues: time, costs, and who is busy.</summary>
internal sealed class BatchOutlook(int workers)
{
    public long Now { get; set; }

    public BatchCost Cost { get; set; } = BatchCost.Unknown;

    /// <summary>Seconds until each worker is free.</summary>
    public double[] Free { get; } = new double[workers];

    /// <summary>The other users of the device, which take their turns in between.</summary>
    public List<OtherWork> Others { get; } = [];

    /// <summary>Seconds of work that is being prepared and will come before the item that is asked about.</summary>
    public double Expected { get; set; }
}
