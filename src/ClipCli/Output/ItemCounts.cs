namespace ClipGrpc.Cli.Output;

/// <summary>How far a run is. Written by the run, read by what shows it.</summary>
internal sealed class ItemCounts
{
    private long _succeeded;
    private long _failed;
    private long _reused;
    private long _total = -1;

    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Items that an earlier run had done.</summary>
    public long Reused => Volatile.Read(ref _reused);

    /// <summary>Items of this run that have a result.</summary>
    public long Processed => Volatile.Read(ref _succeeded) + Failed;

    public long Done => Processed + Reused;

    /// <summary>Null until it is known.</summary>
    public long? Total
    {
        get => Volatile.Read(ref _total) is >= 0 and var total ? total : null;
        set => Volatile.Write(ref _total, value ?? -1);
    }

    public void AddSucceeded() => Interlocked.Increment(ref _succeeded);

    public void AddFailed() => Interlocked.Increment(ref _failed);

    public void AddReused() => Interlocked.Increment(ref _reused);
}
