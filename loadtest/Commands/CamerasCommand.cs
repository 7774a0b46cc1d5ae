using System.CommandLine;
using System.Globalization;
using ClipGrpc.LoadTest.Cameras;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.V1;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>
/// <c>cameras --cameras N --fps F …</c>: simulated cameras against a server of its own, or a running one.
/// </summary>
internal sealed class CamerasCommand : Command
{
    private readonly ModelOptions _model;
    private readonly MeasureOptions _measure;
    private readonly Option<TimeSpan> _warmUp = MeasureOptions.WarmUp("measurement", "2s");

    private readonly Option<int> _cameras = new Option<int>("--cameras")
    {
        HelpName = "N",
        Description = "Number of cameras.",
        DefaultValueFactory = _ => 16,
    }.Require(count => count is > 0 and <= 4096, "is 1 to 4096.");

    private readonly Option<double> _fps = new Option<double>("--fps")
    {
        HelpName = "F",
        Description = "Frames per second of each camera.",
        DefaultValueFactory = _ => 5,
    }.Require(fps => fps is > 0 and <= 1000, "is above 0, at most 1000.");

    private readonly Option<string> _policy = new Option<string>("--policy")
    {
        HelpName = "POLICY",
        Description = "How to handle frames that arrive too fast: latest drops them, none makes the cameras wait.",
        DefaultValueFactory = _ => "latest",
    }.AcceptOnlyFromAmong("latest", "none");

    private readonly Option<float> _staticThreshold = new Option<float>("--static-threshold")
    {
        HelpName = "X",
        Description = "Frames that differ less are skipped. The frames are noise: with 0.1, all but the first are.",
        DefaultValueFactory = _ => 0,
    }.Require(threshold => threshold is >= 0 and <= 1, "is 0 to 1.");

    private readonly Option<int> _streams = new Option<int>("--streams")
    {
        HelpName = "N",
        Description = "Number of streams that the cameras are distributed over; at most 256 cameras per stream.",
        DefaultValueFactory = _ => 1,
    }.Require(count => count > 0, "is at least 1.");

    private readonly Option<int> _connections = new Option<int>("--connections")
    {
        HelpName = "N",
        Description = "Number of connections that the streams are distributed over.",
        DefaultValueFactory = _ => 1,
    }.Require(count => count > 0, "is at least 1.");

    private readonly Option<int> _side = new Option<int>("--frame-size")
    {
        HelpName = "PIXELS",
        Description = "Width and height of an RGB frame. 224 is the image size of most models.",
        DefaultValueFactory = _ => 224,
    }.Require(side => side is > 0 and <= 3000, "is 1 to 3000.");

    private readonly Option<Uri?> _address = new("--address")
    {
        HelpName = "URL",
        Description = "Address of a running server to measure with its default model. [default: starts a server]",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
                return address;

            result.AddError($"--address takes a URL such as http://localhost:50051, not '{text}'.");
            return null;
        },
    };

    public CamerasCommand()
        : base("cameras", "Simulate cameras in real time, and report the outcomes of their frames.")
    {
        Add(_cameras);
        Add(_fps);
        Add(_policy);
        Add(_staticThreshold);
        Add(_streams);
        Add(_connections);
        Add(_side);
        Add(_address);
        _model = new ModelOptions(this);
        _measure = new MeasureOptions(this, "measurement", "20s", "the numbers");
        Add(_warmUp);
        Validators.Add(result =>
        {
            // Without the option, the value is not the default yet.
            if (result.GetValue(_cameras) > 256L * Math.Max(result.GetValue(_streams), 1))
                result.AddError("A stream has at most 256 cameras: give more --streams.");
        });
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var load = new CameraLoad
        {
            Cameras = parsed.GetValue(_cameras),
            FramesPerSecond = parsed.GetValue(_fps),
            Policy = parsed.GetValue(_policy) == "none" ? DropPolicy.None : DropPolicy.Latest,
            StaticThreshold = parsed.GetValue(_staticThreshold),
            Streams = Math.Min(parsed.GetValue(_streams), parsed.GetValue(_cameras)),
            Side = parsed.GetValue(_side),
            Duration = _measure.Duration(parsed),
            WarmUp = parsed.GetValue(_warmUp),
        };
        if (parsed.GetValue(_address) is { } address)
        {
            await MeasureAsync(parsed, load, address, null, null, cancellationToken);
            return 0;
        }

        var settings = _model.Settings(parsed);
        settings["Clip:Models"] = $"model={_model.Model(parsed)}";
        await using var process = await ServerProcess.StartAsync(ServerKind.Model, settings, cancellationToken);
        await MeasureAsync(
            parsed, load, process.Address, _model.Model(parsed), () => process.ResidentBytes, cancellationToken);
        return 0;
    }

    private async Task MeasureAsync(
        ParseResult parsed, CameraLoad load, Uri address, string? model, Func<long>? residentBytes,
        CancellationToken cancellationToken)
    {
        using var connections = new Connections(address, parsed.GetValue(_connections));
        var count = await CameraRun.RunAsync(connections, load, TimeProvider.System, cancellationToken, residentBytes);
        var report = CameraReport.Of(load, count);
        Write(report);
        await _measure.Json.WriteAsync(
            parsed, () => new { model, machine = Machine.Current, cameras = report }, cancellationToken);
    }

    private static void Write(CameraReport report)
    {
        var table = new Table().Border(TableBorder.Simple).HideHeaders().AddColumn("").AddColumn("");
        table.AddRow("cameras", $"{report.Cameras} at {Text(report.FramesPerSecond)}/s, {report.Policy}");
        table.AddRow(
            "frames sent", $"{report.Sent} ({Text(report.SentPerSecond)}/s, {report.BytesPerFrame:0} bytes each)");
        table.AddRow("answered", $"{report.Classified} classified ({Text(report.ClassifiedPerSecond)}/s), "
            + $"{report.Skipped} skipped, {report.Failed} failed");
        table.AddRow("dropped", report.Dropped.Count == 0
            ? "0" : string.Join(", ", report.Dropped.Select(reason => $"{reason.Value} {reason.Key}")));
        table.AddRow("age of results ms", $"p50 {Text(report.AgeMs.P50)}, p99 {Text(report.AgeMs.P99)}, "
            + $"max {Text(report.AgeMs.Max)}");
        table.AddRow("send lag ms", $"p50 {Text(report.SendLagMs.P50)}, p99 {Text(report.SendLagMs.P99)}");
        table.AddRow("answered per camera", $"{report.FewestAnswered} to {report.MostAnswered}, "
            + $"max ÷ min {(report.Fairness is { } fairness ? Text(fairness) : "not defined")}, "
            + "farthest from the mean "
            + (report.FarthestFromMean is { } part ? $"{Text(100 * part)} %" : "not defined"));
        table.AddRow("batch", $"mean size {Text(report.MeanBatch)}, ms p50 {Text(report.BatchMs.P50)}, "
            + $"p99 {Text(report.BatchMs.P99)}");
        table.AddRow("response bytes per frame", $"{report.ResponseBytesPerFrame:0}");
        if (report.Memory is { } memory)
        {
            table.AddRow("server memory MB", $"first quarter {Megabytes(memory.FirstBytes)}, last quarter "
                + $"{Megabytes(memory.LastBytes)}, most {Megabytes(memory.MostBytes)}");
        }

        Screen.Create().Write(table);
    }

    private static string Megabytes(long bytes) => Text(Math.Round(bytes / 1e6));

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
