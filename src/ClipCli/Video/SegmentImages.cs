using ClipGrpc.Client;

namespace ClipGrpc.Cli.Video;

/// <summary>Keeps the best frame of each label that is visible, until its segment has ended.</summary>
/// <param name="leaveThreshold">A label that is less probable is not visible.</param>
/// <param name="most">So many are handed out; a stream may go on for days.</param>
internal sealed class SegmentImages(float leaveThreshold, int most)
{
    private readonly Dictionary<(SourceRun Run, int Label), (float Score, Thumbnail Image)> _best = [];
    private int _taken;

    public void Add(SourceRun run, Thumbnail image, IReadOnlyList<float> scores)
    {
        for (var label = 0; label < scores.Count; label++)
        {
            var score = scores[label];
            if (score < leaveThreshold)
                _best.Remove((run, label));
            else if (!_best.TryGetValue((run, label), out var best) || score > best.Score)
                _best[(run, label)] = (score, image);
        }
    }

    public Thumbnail? Take(SourceRun run, VideoSegment segment) =>
        _best.Remove((run, segment.Index), out var best) && _taken++ < most ? best.Image : null;
}
