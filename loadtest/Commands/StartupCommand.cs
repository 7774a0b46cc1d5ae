using System.CommandLine;
using System.Globalization;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.LoadTest.Startup;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>
/// <c>startup --model M</c>: the time to ready and the most memory, held against reading the weights twice.
/// </summary>
internal sealed class StartupCommand : Command
{
    private const double LimitFactor = 1.3;
    private const long LimitRest = 300_000_000;

    private readonly ModelOptions _model;
    private readonly ImageSetOptions _images;
    private readonly JsonOption _json;

    private readonly Option<int> _rounds = new("--rounds")
    {
        HelpName = "N",
        Description = "Number of measurements of each start; the median is shown.",
        DefaultValueFactory = _ => 3,
    };

    private readonly Option<int> _callers = new("--callers")
    {
        HelpName = "N",
        Description = "Number of callers of the final load, half with images and half with texts.",
        DefaultValueFactory = _ => 128,
    };

    private readonly Option<TimeSpan> _load = Durations.Create(
        "--load", "Duration of the final load, under which memory is measured; 0 for none.", "20s");

    public StartupCommand()
        : base(
            "startup",
            "Measure a first and a second start of the server with a model, compared with reading the weights.")
    {
        _rounds.Require(count => count > 0, "must be at least 1.");
        _callers.Require(count => count > 0, "must be at least 1.");
        _model = new ModelOptions(this);
        _images = new ImageSetOptions(this);
        Add(_rounds);
        Add(_callers);
        Add(_load);
        _json = new JsonOption(this, "the numbers");
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var settings = _model.Settings(parsed);
        var precision = ModelSettings.Inference(settings).Precision;
        var folder = await ModelSettings.LocateAsync(_model.Model(parsed), precision, time, cancellationToken);
        var files = new WeightFiles(folder);
        settings["Clip:Models"] = folder;

        var rounds = parsed.GetValue(_rounds);
        var readCold = ReadTwice(cold: true);
        var readWarm = ReadTwice(cold: false);
        var starts = new List<StartupMeasurement>();
        for (var i = 0; i < rounds; i++)
            starts.AddRange(await MeasureAsync(files, settings, time, cancellationToken));
        var load = parsed.GetValue(_load) > TimeSpan.Zero
            ? await LoadAsync(parsed, settings, time, cancellationToken)
            : null;

        Write(files, readCold, readWarm, starts, load);
        await _json.WriteAsync(
            parsed,
            () => new
            {
                model = _model.Model(parsed),
                machine = Machine.Current,
                weights_bytes = files.Bytes,
                limit_bytes = Limit(files),
                read_twice_cold_seconds = readCold,
                read_twice_warm_seconds = readWarm,
                starts,
                load,
            },
            cancellationToken);
        return 0;

        double ReadTwice(bool cold) => Statistics.Median(
            Enumerable.Range(0, rounds).Select(_ => files.ReadTwice(cold, time).TotalSeconds));
    }

    private static async Task<List<StartupMeasurement>> MeasureAsync(
        WeightFiles files, IReadOnlyDictionary<string, string?> settings, TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var cache = new ScratchFolder("startup");
        return
        [
            await StartAsync("first, weights not in the page cache", forget: true),
            await StartAsync("second, weights not in the page cache", forget: true),
            await StartAsync("second, weights in the page cache", forget: false),
        ];

        async Task<StartupMeasurement> StartAsync(string name, bool forget)
        {
            if (forget)
                files.Forget(Directory.EnumerateFiles(cache.Path, "*", SearchOption.AllDirectories));
            await using var server = await StartedServer.StartAsync(settings, cache.Path, time, cancellationToken);
            return new StartupMeasurement(name, server.TimeToReady.TotalSeconds, server.Phases, server.PeakMemory);
        }
    }

    private async Task<LoadedMemory> LoadAsync(
        ParseResult parsed, IReadOnlyDictionary<string, string?> settings, TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var cache = new ScratchFolder("startup");
        await using var server = await StartedServer.StartAsync(settings, cache.Path, time, cancellationToken);
        using var connections = new Connections(server.Address, Connections.StandardCount);
        var requests = _images.Read(parsed, model: "");
        var step = new LoadStep { Callers = parsed.GetValue(_callers), Duration = parsed.GetValue(_load) };
        var results = await new LoadGenerator(connections, time).RunAsync(
            [
                Workloads.Create("embed", requests, inputs: 1, time),
                Workloads.Create("embed-text", requests, inputs: 1, time),
            ],
            Mix.Parse("embed,embed-text"), step, cancellationToken);
        return new LoadedMemory(
            server.PeakMemory, results[0].LargestBatch, results[1].LargestBatch, results[0].Goodput);
    }

    private static void Write(
        WeightFiles files, double readCold, double readWarm, List<StartupMeasurement> starts, LoadedMemory? load)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("what");
        foreach (var heading in new[] { "s", "÷ two reads", "peak MiB", "phases, s" })
            table.AddColumn(new TableColumn(heading).RightAligned());
        table.AddRow("two reads, not in the page cache", LoadTable.Number(readCold), "1", "", "");
        table.AddRow("two reads, in the page cache", LoadTable.Number(readWarm), "1", "", "");
        foreach (var start in starts.GroupBy(start => start.Name))
        {
            var seconds = Statistics.Median(start.Select(one => one.Seconds));
            var read = start.Key.EndsWith("cache", StringComparison.Ordinal) ? readWarm : readCold;
            var phases = start.First().Phases.Keys.Select(
                phase => $"{phase} {LoadTable.Number(Statistics.Median(start.Select(one => one.Phases[phase])))}");
            table.AddRow(
                start.Key, LoadTable.Number(seconds), LoadTable.Number(seconds / read),
                Mebibytes(start.Max(one => one.PeakBytes)), string.Join(", ", phases));
        }

        if (load is not null)
        {
            table.AddRow(
                $"under load, {LoadTable.Number(load.ImagesPerSecond)} images/s", "", "", Mebibytes(load.PeakBytes),
                $"largest batch: {load.LargestImageBatch} images, {load.LargestTextBatch} texts");
        }

        table.AddRow("limit: 1.3 × fp32 weights + 300 MB", "", "", Mebibytes(Limit(files)), "");
        Screen.Create().Write(table);
    }

    private static long Limit(WeightFiles files) => (long)(LimitFactor * files.SingleBytes) + LimitRest;

    private static string Mebibytes(long? bytes) =>
        bytes is { } known ? (known >> 20).ToString(CultureInfo.InvariantCulture) : "";
}
