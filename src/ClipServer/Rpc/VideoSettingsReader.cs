using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Serving.Video;
using ClipGrpc.V1;

namespace ClipGrpc.Server.Rpc;

/// <summary>Checks how the frames of a stream are to be handled.</summary>
internal static class VideoSettingsReader
{
    public const int MaxRegions = 16;

    private const int MaxRegionIdBytes = 64;
    private const int MaxFps = 1_000;
    private const long MaxMicroseconds = 3_600_000_000;
    private const float MinThreshold = 0.01f;
    private const double DefaultEnter = 0.5;

    // 0.1 + 0.9 is a little more than 1 in single precision.
    private const double EdgeTolerance = 1e-6;

    public static VideoSettings Read(ClassifyStreamConfig config)
    {
        if (config.Smoothing is not (>= 0 and < 1))
            throw InputReader.Invalid("config.smoothing", $"{config.Smoothing} is not at least 0 and less than 1.");
        CheckTime(config.SmoothingHalfLifeUs, "config.smoothing_half_life_us");
        if (config.Smoothing > 0 && config.SmoothingHalfLifeUs > 0)
        {
            throw InputReader.Invalid(
                "config.smoothing_half_life_us", "Set either smoothing or smoothing_half_life_us, not both.");
        }

        if (config.MaxFps is not (>= 0 and <= MaxFps))
            throw InputReader.Invalid("config.max_fps", $"{config.MaxFps} is not from 0 to {MaxFps:N0}.");
        CheckFraction(config.StaticThreshold, "config.static_threshold");
        CheckFraction(config.SceneThreshold, "config.scene_threshold");
        CheckTime(config.MaxAgeUs, "config.max_age_us");
        return new VideoSettings
        {
            MaxFps = config.MaxFps,
            StaticThreshold = config.StaticThreshold,
            SceneThreshold = config.SceneThreshold,
            Smoothing = config.Smoothing,
            HalfLifeMicroseconds = config.SmoothingHalfLifeUs,
            MaxAge = TimeSpan.FromMicroseconds(config.MaxAgeUs),
            Regions = ReadRegions(config.Regions),
            Segments = config.Events is { } events ? ReadEvents(events) : null,
        };
    }

    /// <returns>Whether frames are dropped for newer ones.</returns>
    public static bool ReadDropPolicy(ClassifyStreamConfig config) => config.DropPolicy switch
    {
        DropPolicy.Unspecified or DropPolicy.None => false,
        DropPolicy.Latest => true,
        var other => throw InputReader.Unknown("config.drop_policy", other),
    };

    /// <returns>Whether only changes have a response.</returns>
    public static bool ReadEmit(ClassifyStreamConfig config)
    {
        switch (config.Emit)
        {
            case Emit.Unspecified or Emit.EveryFrame:
                return false;
            case Emit.Changes when config.Events is null:
                throw InputReader.Missing("config.events", "EMIT_CHANGES needs events; set at least an empty message.");
            case Emit.Changes:
                return true;
            default:
                throw InputReader.Unknown("config.emit", config.Emit);
        }
    }

    private static List<VideoRegion> ReadRegions(IReadOnlyList<Region> regions)
    {
        if (regions.Count > MaxRegions)
            throw InputReader.TooMany("config.regions", regions.Count, MaxRegions);

        var read = new List<VideoRegion>(regions.Count);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < regions.Count; i++)
        {
            var (region, field) = (regions[i], $"config.regions[{i}]");
            if (region.Id.Length == 0)
                throw InputReader.Missing($"{field}.id", "A region needs an id.");
            InputReader.CheckId(region.Id, $"{field}.id", MaxRegionIdBytes);
            if (!seen.TryAdd(region.Id, i))
            {
                throw InputReader.Invalid(
                    $"{field}.id", $"duplicate of regions[{seen[region.Id]}].id (\"{Excerpt.Of(region.Id)}\").");
            }

            CheckEdges(region.Left, region.Width, field, "left", "width");
            CheckEdges(region.Top, region.Height, field, "top", "height");
            read.Add(new VideoRegion(region.Id, new RelativeBox(region.Left, region.Top, region.Width, region.Height)));
        }

        return read;
    }

    private static void CheckEdges(float start, float length, string field, string startName, string lengthName)
    {
        if (start is not (>= 0 and < 1))
            throw InputReader.Invalid($"{field}.{startName}", $"{start} is not at least 0 and less than 1.");
        if (!(length > 0) || (double)start + length > 1 + EdgeTolerance)
        {
            throw InputReader.Invalid(
                $"{field}.{lengthName}", $"{length} is not more than 0 and, with {startName}, at most 1.");
        }
    }

    private static SegmentOptions ReadEvents(EventOptions events)
    {
        CheckThreshold(events.EnterThreshold, 1, "config.events.enter_threshold");
        var enter = events.EnterThreshold == 0 ? DefaultEnter : events.EnterThreshold;
        CheckThreshold(events.LeaveThreshold, enter, "config.events.leave_threshold");
        CheckTime(events.MinDurationUs, "config.events.min_duration_us");
        return new SegmentOptions(
            enter, events.LeaveThreshold == 0 ? enter : events.LeaveThreshold, events.MinDurationUs);
    }

    private static void CheckThreshold(float value, double most, string field)
    {
        if (value != 0 && !(value >= MinThreshold && value <= most))
            throw InputReader.Invalid(field, $"{value} is not from {MinThreshold} to {most}.");
    }

    private static void CheckFraction(float value, string field)
    {
        if (value is not (>= 0 and <= 1))
            throw InputReader.Invalid(field, $"{value} is not from 0 to 1.");
    }

    private static void CheckTime(long value, string field)
    {
        if (value is not (>= 0 and <= MaxMicroseconds))
            throw InputReader.Invalid(field, $"{value} is not from 0 to {MaxMicroseconds} (1 hour).");
    }
}
