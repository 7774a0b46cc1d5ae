namespace ClipGrpc.Serving.Video;

/// <summary>How many of the first frames of a stream are completed, where later ones may be completed first.</summary>
internal sealed class CompletedFrames
{
    private readonly HashSet<long> _early = [];

    /// <summary>All frames before this number are completed.</summary>
    public long First { get; private set; }

    /// <param name="number">From 0, in the order of the stream; once each.</param>
    public void Add(long number)
    {
        _early.Add(number);
        while (_early.Remove(First))
            First++;
    }
}
