namespace ClipGrpc.Cli.Video;

/// <summary>Takes the results of a run as they come, one at a time.</summary>
internal interface IVideoOutput
{
    void Write(VideoMoment moment);

    void Write(FoundSegment segment);

    /// <summary>The run is over, be it by an error or by Ctrl+C.</summary>
    Task FinishAsync(IReadOnlyList<SourceRun> runs);
}
