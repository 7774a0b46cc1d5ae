using System.CommandLine;
using System.Globalization;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.LoadTest.Soak;
using ClipGrpc.LoadTest.Startup;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>soak [--duration 60m]</c>: a long mixed load on a server that this command starts.</summary>
internal sealed class SoakCommand : Command
{
    private const double GrowthGoal = 0.01;
    private const int Rows = 20;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly ModelOptions _model;
    private readonly ImageSetOptions _images;
    private readonly MeasureOptions _measure;
    private readonly Option<TimeSpan> _warmUp = MeasureOptions.WarmUp("measurement", "10m");

    private readonly Option<double> _rate = new Option<double>("--rate")
    {
        HelpName = "R",
        Description = "Calls per second. Can exceed the server's capacity: rejections are expected statuses.",
        DefaultValueFactory = _ => 60,
    }.Require(rate => rate > 0, "must be greater than 0.");

    private readonly Option<TimeSpan> _swap = Durations.Create(
        "--swap-every", "Time between two replacements of the model that callers use.", "15s")
        .Require(value => value >= TimeSpan.FromSeconds(2), "must be at least 2s.");

    private readonly Option<TimeSpan> _sample = Durations.Create(
        "--sample-every", "Time between two samples of the process.", "5s")
        .Require(value => value > TimeSpan.Zero, "must be greater than 0.");

    public SoakCommand()
        : base("soak", "Start a server, put a long mixed load on it, and report its growth and unexpected statuses.")
    {
        _model = new ModelOptions(this);
        Add(_rate);
        _measure = new MeasureOptions(this, "measurement", "50m", "the numbers");
        Add(_warmUp);
        Add(_swap);
        Add(_sample);
        _images = new ImageSetOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var settings = _model.Settings(parsed);
        settings["Clip:Models"] = $"default={_model.Model(parsed)}";
        settings["Clip:Access:AnonymousRoles"] = "infer,models:read,models:write,metrics";
        using var cache = new ScratchFolder("soak");
        await using var server = await StartedServer.StartAsync(settings, cache.Path, time, cancellationToken);
        var result = await MeasureAsync(parsed, server, time, cancellationToken);
        Write(result);
        await _measure.Json.WriteAsync(parsed, () => new { machine = Machine.Current, result }, cancellationToken);
        return server.IsRunning && result.WrongCalls == 0 && result.GrowthPerHour < GrowthGoal ? 0 : 1;
    }

    private async Task<SoakResult> MeasureAsync(
        ParseResult parsed, StartedServer server, TimeProvider time, CancellationToken cancellationToken)
    {
        var requests = _images.Read(parsed, "");
        var swap = new ModelSwap(server.Address, _model.Model(parsed), time);
        var workloads = SoakWorkloads.Create(() => requests with { Model = swap.Current }, time);
        var mix = Mix.Parse(string.Join(",", workloads.Select(part => $"{part.Workload.Name}={part.Weight}")));
        var warmUp = parsed.GetValue(_warmUp);
        var step = new LoadStep
        {
            Rate = parsed.GetValue(_rate),
            Duration = warmUp + _measure.Duration(parsed),
            Deadline = Deadline,
        };
        using var connections = new Connections(server.Address, Connections.StandardCount);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var swaps = swap.RunAsync(parsed.GetValue(_swap), over.Token);
        var samples = SampleAsync(server, parsed.GetValue(_sample), time, over.Token);
        var results = await new LoadGenerator(connections, time).RunAsync(
            [.. workloads.Select(part => part.Workload)], mix, step, cancellationToken);
        await over.CancelAsync();
        foreach (var part in workloads)
            await part.Workload.DisposeAsync();
        return new SoakResult(
            [.. (await samples).Where(sample => sample.Minutes >= warmUp.TotalMinutes)], await swaps,
            results.Sum(part => part.Calls), workloads.Zip(results).Sum(pair => pair.First.CountWrong(pair.Second)),
            [.. results.Select(part => $"{part.Name}: {StatusNames.Line(part.Statuses)}")]);
    }

    private static async Task<List<SoakSample>> SampleAsync(
        StartedServer server, TimeSpan interval, TimeProvider time, CancellationToken cancellationToken)
    {
        var samples = new List<SoakSample>();
        var started = time.GetTimestamp();
        while (true)
        {
            await Task.Delay(interval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
                return samples;
            if (server is not { Memory: { } memory, Handles: { } handles, Threads: { } threads })
            {
                throw new LoadTestException(
                    "the server has exited, or the memory of a process cannot be read on this system.");
            }

            samples.Add(new SoakSample(time.GetElapsedTime(started).TotalMinutes, memory, handles, threads));
        }
    }

    private static void Write(SoakResult result)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var heading in new[] { "minute", "MiB", "handles", "threads" })
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (var sample in result.Samples.Chunk(Math.Max(1, result.Samples.Count / Rows)).Select(part => part[^1]))
        {
            table.AddRow(
                sample.Minutes.ToString("0.0", CultureInfo.InvariantCulture), $"{sample.ResidentBytes >> 20}",
                $"{sample.Handles}", $"{sample.Threads}");
        }

        var screen = Screen.Create();
        screen.Write(table);
        foreach (var line in result.Statuses)
            screen.WriteLine(line);
        screen.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Calls:N0} calls, {result.WrongCalls:N0} of them with an unexpected status; {result.Swaps} models "
            + $"replaced; memory grows {100 * result.GrowthPerHour:0.00} % per hour (goal: below "
            + $"{100 * GrowthGoal:0} %)."));
    }
}
