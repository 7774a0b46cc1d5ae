using System.CommandLine;
using ClipGrpc.Cli.Video;
using ClipGrpc.Cli.Video.Ffmpeg;
using ClipGrpc.Cli.Video.Reports;
using ClipGrpc.Cli.Video.Sources;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip video SOURCE... --labels "a,b,c"</c></summary>
internal sealed class VideoCommand : Command
{
    private const int DefaultTopK = 3;
    private const double DefaultThreshold = 0.5;

    // One stream takes no more.
    private const int MostSources = 256;

    private readonly CliConsole _console;
    private readonly ServerOptions _server;
    private readonly ModelSelection _model;
    private readonly LabelOptions _labels;
    private readonly VideoFlags _video;
    private readonly TopOption _topK;

    private readonly Argument<string[]> _sources = new("SOURCE")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "Video files, URLs (http, https, rtsp, rtmp, srt, udp), /dev/video*, or - for standard input.",
    };

    private readonly Option<double> _threshold = new("--threshold")
    {
        HelpName = "P",
        Description = "Minimum probability for a label to become visible, 0.01 to 1.",
        DefaultValueFactory = _ => DefaultThreshold,
    };

    private readonly Option<double?> _leave = new("--leave-threshold")
    {
        HelpName = "P",
        Description = "Probability below which a label is no longer visible. Default: that of --threshold.",
    };

    private readonly Option<string?> _minDuration = new("--min-duration")
    {
        HelpName = "TIME",
        Description = "Omit shorter segments, such as 500ms.",
    };

    private readonly Option<string?> _smoothing = new("--smooth")
    {
        HelpName = "TIME",
        Description = "Smooth the probabilities: the time after which a frame has half its weight, such as 500ms.",
    };

    private readonly Option<double> _static = new("--static-threshold")
    {
        HelpName = "D",
        Description = "Skip frames that hardly differ from the last classified frame. 0.01 is a good value for "
            + "stationary cameras.",
    };

    private readonly Option<bool?> _live = new("--live")
    {
        Description = "Drop frames that arrive too fast. Default: true for cameras and streams, false for files.",
    };

    private readonly Option<bool> _reconnect = new("--reconnect")
    {
        Description = "Reconnect when the connection to a live source is lost.",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print one JSON object per frame, and one per segment.",
    };

    private readonly Option<string?> _html = File("--html", "Write an HTML report with timelines and images.");
    private readonly Option<string?> _vtt = File("--vtt", "Write the segments as WebVTT subtitles.");
    private readonly Option<string?> _srt = File("--srt", "Write the segments as SubRip subtitles.");
    private readonly Option<string?> _csv = File("--csv", "Write the segments as CSV.");

    public VideoCommand(CliConsole console)
        : base("video", "Classify the frames of videos and cameras, and report when labels are visible.")
    {
        _console = console;
        AddChecks();
        Add(_sources);
        _labels = new LabelOptions(this);
        _video = new VideoFlags(this);
        foreach (var option in (Option[])
            [_threshold, _leave, _minDuration, _smoothing, _static, _live, _reconnect, _json, _html, _vtt, _srt, _csv])
        {
            Add(option);
        }

        _topK = new TopOption(this, "Labels to show per frame.", DefaultTopK);
        _model = new ModelSelection(this);
        _video.AddReading(this);
        _server = new ServerOptions(this);
        SetAction((parsed, cancellationToken) =>
            _server.UseClientAsync(parsed, console, client => RunAsync(parsed, client, cancellationToken)));
    }

    private static Option<string?> File(string name, string description) =>
        new(name) { HelpName = "FILE", Description = description };

    private void AddChecks()
    {
        // A mistyped option would be taken for a file otherwise.
        _sources.Validators.Add(result =>
        {
            var sources = result.Tokens.Select(token => token.Value).ToList();
            foreach (var source in sources.Where(source => source.StartsWith('-') && source.Length > 1))
                result.AddError($"Unknown option '{source}'. For a file of that name, write ./{source}.");
            if (sources.Count(source => source == VideoSource.StandardInput) > 1)
                result.AddError("- (standard input) can be specified only once.");
            if (sources.Count > MostSources)
                result.AddError($"There are {sources.Count} sources; {MostSources} are allowed.");
        });
        VideoFlags.Check(_threshold, text => Probability(_threshold, text));
        VideoFlags.Check(_leave, text => Probability(_leave, text));
        VideoFlags.Check(_static, text => VideoFlags.Number(text) is >= 0 and <= 1 or null
            ? null
            : "--static-threshold must be 0 to 1.");
        VideoFlags.Check(_minDuration, text => Time(_minDuration, text));
        VideoFlags.Check(_smoothing, text => Time(_smoothing, text));
        this.AddRule(result =>
        {
            if (result.GetValue(_leave) is { } leave && leave > result.GetValue(_threshold))
                result.AddError("--leave-threshold must not be more than --threshold.");
            var hasSubtitles = (result.GetValue(_vtt) ?? result.GetValue(_srt)) is not null;
            if (hasSubtitles && result.GetValue(_sources) is { Length: > 1 })
                result.AddError("--vtt and --srt require a single source.");
        });
    }

    private static string? Probability(Option option, string text) =>
        VideoFlags.Number(text) is >= 0.01 and <= 1 or null ? null : $"{option.Name} must be 0.01 to 1.";

    private static string? Time(Option option, string text) =>
        Duration.Parse(text) is { } time && time <= TimeSpan.FromHours(1)
            ? null
            : $"{option.Name}: \"{text}\" is not a duration of at most 1 h, such as 500ms, 1s or 2m.";

    private async Task<int> RunAsync(ParseResult parsed, ClipClient client, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var labels = _labels.Read(parsed);
        var runs = ReadSources(parsed);
        var ffmpeg = FfmpegLocator.Find(_video.Executable(parsed));
        var model = await _model.ResolveAsync(parsed, client, cancellationToken);
        var call = ReadCall(parsed, model, labels, runs);
        var table = _console.OutIsTerminal && !parsed.GetValue(_json)
            ? new LiveTable(_console, time, _topK.Read(parsed), runs.Count > 1)
            : null;
        var outputs = CreateOutputs(parsed, table, ffmpeg, labels, model, runs, time);
        var run = new VideoRun(client, labels, call, outputs, time)
        {
            WithImages = parsed.GetValue(_html) is not null,
            Feed = new SourceFeed(ffmpeg, _video.Read(parsed), parsed.GetValue(_reconnect), _console.InBytes, time),
            Notice = line => _console.Notices.WriteLine($"clip: {line}"),
        };
        var started = time.GetTimestamp();
        Task WorkAsync() => run.RunAsync(runs, cancellationToken);
        try
        {
            await (table is null ? WorkAsync() : table.ShowAsync(runs, WorkAsync));
        }
        finally
        {
            // Also of a run that was interrupted or lost its server.
            foreach (var output in outputs)
                await output.FinishAsync(runs);
            VideoTotals.Write(_console.Error, runs, time.GetElapsedTime(started));
        }

        return runs.Any(source => source.Problem is not null || source.Failed > 0)
            ? ExitCode.Failure
            : ExitCode.Success;
    }

    private List<SourceRun> ReadSources(ParseResult parsed)
    {
        var live = parsed.GetValue(_live);
        return
        [
            .. parsed.GetRequiredValue(_sources).Select(VideoSource.Parse).Select((source, index) => new SourceRun(
                source, index.ToString(System.Globalization.CultureInfo.InvariantCulture), live ?? source.IsLive)),
        ];
    }

    private VideoCallOptions ReadCall(
        ParseResult parsed, ClipModel model, ClipLabels labels, List<SourceRun> runs) => new()
        {
            Model = model.Name,
            TopK = Math.Min(_topK.Read(parsed), labels.Labels.Count),
            AllScores = true,
            Priority = runs.Exists(run => run.IsLive) ? Priority.Interactive : Priority.Bulk,
            StaticThreshold = (float)parsed.GetValue(_static),
            SmoothingHalfLife = ReadTime(parsed, _smoothing),
            Events = new VideoEventOptions
            {
                EnterThreshold = (float)parsed.GetValue(_threshold),
                LeaveThreshold = (float?)parsed.GetValue(_leave),
                MinDuration = ReadTime(parsed, _minDuration),
            },
        };

    private static TimeSpan ReadTime(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text ? Duration.Parse(text)!.Value : TimeSpan.Zero;

    private List<IVideoOutput> CreateOutputs(
        ParseResult parsed, LiveTable? table, string ffmpeg, ClipLabels labels, ClipModel model, List<SourceRun> runs,
        TimeProvider time)
    {
        var outputs = new List<IVideoOutput>();
        if (parsed.GetValue(_vtt) is { } vtt)
            outputs.Add(new SubtitleOutput(SegmentFile.Create(vtt, _vtt.Name), SubtitleFormat.WebVtt));
        if (parsed.GetValue(_srt) is { } srt)
            outputs.Add(new SubtitleOutput(SegmentFile.Create(srt, _srt.Name), SubtitleFormat.SubRip));
        if (parsed.GetValue(_csv) is { } csv)
            outputs.Add(new CsvOutput(SegmentFile.Create(csv, _csv.Name)));
        if (parsed.GetValue(_html) is { } html)
        {
            outputs.Add(new HtmlReport(
                SegmentFile.Create(html, _html.Name), html, ffmpeg, labels.Labels, model.Name,
                (float)parsed.GetValue(_threshold), time));
        }

        if (parsed.GetValue(_json))
            outputs.Add(new JsonLinesOutput(_console.Out, _topK.Read(parsed)));
        else
            outputs.Add(table as IVideoOutput ?? new SegmentText(_console.Out, runs.Count > 1));
        return outputs;
    }
}
