namespace ClipGrpc.Serving.Batching;

/// <summary>The inputs of the policy in addition to the queues: time, costs and the load of the device.</summary>
internal sealed class BatchOutlook(int workers)
{
    public long Now { get; set; }

    public BatchCost Cost { get; set; } = BatchCost.Unknown;

    /// <summary>Seconds until each worker is free.</summary>
    public double[] Free { get; } = new double[workers];

    /// <summary>Seconds of work per second that callers request.</summary>
    public double Demand { get; set; }

    /// <summary>The other users of the device, whose turns are in between.</summary>
    public List<OtherWork> Others { get; } = [];

    /// <summary>Seconds of work that is being prepared and will run before the item in question.</summary>
    public double Expected { get; set; }
}
