namespace ClipGrpc.Serving.Video;

/// <summary>Whether a frame is run, and whether it begins a new scene.</summary>
internal readonly record struct FrameDecision(bool Runs, bool BeginsScene);

/// <summary>
/// Compares the frames of one view. Whether a frame is static is measured from the last one that was run, not from the
/// one before, so that slow changes add up and are noticed.
/// </summary>
/// <param name="staticThreshold">0: all frames are run.</param>
/// <param name="sceneThreshold">0: scenes are not looked for.</param>
internal sealed class FrameComparison(double staticThreshold, double sceneThreshold)
{
    private FrameSignature? _previous;
    private FrameSignature? _run;

    public FrameDecision Next(FrameSignature frame)
    {
        var beginsScene = sceneThreshold > 0 && _previous is not null
            && frame.DifferenceTo(_previous) > sceneThreshold;
        var isStatic = !beginsScene && _run is not null && frame.DifferenceTo(_run) < staticThreshold;
        _previous = frame;
        if (!isStatic)
            _run = frame;
        return new FrameDecision(!isStatic, beginsScene);
    }

    /// <summary>The frame that was to be run was not: the next one is.</summary>
    public void Forget() => _run = null;
}
