namespace ClipGrpc.Serving.Video;

/// <summary>Decides which views of a source's frames are run. Frames must come in order, one at a time.</summary>
internal sealed class FrameChooser
{
    private readonly Lock _lock = new();
    private readonly FrameComparison[] _views;
    private readonly bool _compares;

    public FrameChooser(VideoSettings settings)
    {
        _compares = settings.ComparesFrames;
        _views = [.. Enumerable.Range(0, settings.Views)
            .Select(_ => new FrameComparison(settings.StaticThreshold, settings.SceneThreshold))];
    }

    /// <param name="views">The prepared images.</param>
    public FrameDecision[] Choose(IReadOnlyList<ReadOnlyMemory<byte>> views)
    {
        var decisions = new FrameDecision[_views.Length];
        if (!_compares)
        {
            Array.Fill(decisions, new FrameDecision(Runs: true, BeginsScene: false));
            return decisions;
        }

        var signatures = views.Select(view => FrameSignature.Of(view.Span)).ToArray();
        lock (_lock)
        {
            for (var i = 0; i < decisions.Length; i++)
                decisions[i] = _views[i].Next(signatures[i]);
        }

        return decisions;
    }

    /// <summary>
    /// A frame that was chosen failed: there is no result that frames can be compared with. Thread-safe.
    /// </summary>
    public void Forget()
    {
        lock (_lock)
        {
            foreach (var view in _views)
                view.Forget();
        }
    }
}
