using System.CommandLine;
using System.Globalization;
using ClipGrpc.LoadTest.Data;
using ClipGrpc.LoadTest.Devices;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.Models.Sessions;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>sweep --model M --device D</c>: raw and served images a second over batch sizes.</summary>
internal sealed class SweepCommand : Command
{
    private readonly ModelOptions _model;
    private readonly ImageSetOptions _images;
    private readonly MeasureOptions _measure;

    private readonly Option<int[]> _batches =
        MeasureOptions.Batches("Batch sizes of the raw forward pass, and maximum batch sizes of the server.", 1, 8, 32);

    private readonly Option<double?> _peak = new("--peak")
    {
        HelpName = "TFLOPS",
        Description = "Dense float16 peak of the device. [default: by the GPU's name]",
    };

    private readonly Option<TimeSpan> _warmUp = MeasureOptions.WarmUp("measurement of the server", "3s");

    public SweepCommand()
        : base("sweep", "Measure images/s of the forward pass and of the service over batch sizes.")
    {
        _model = new ModelOptions(this);
        _peak.Require(peak => peak > 0, "must be greater than 0.");
        Add(_batches);
        Add(_peak);
        _measure = new MeasureOptions(this, "measurement", "5s", "the numbers");
        Add(_warmUp);
        _images = new ImageSetOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (source, settings) = (_model.Model(parsed), _model.Settings(parsed));
        var options = ModelSettings.Inference(settings);
        var isGpu = options.Device.Kind == DeviceKind.Cuda;
        var device = isGpu ? CudaDriver.NameOf(options.DeviceId) : Machine.Current.Cpu;
        var peak = parsed.GetValue(_peak) ?? (isGpu ? ChipPeaks.Find(device) : null);
        var requests = _images.Read(parsed, model: "");
        double operations = 0;
        var rows = new List<SweepRow>();
        foreach (var batch in parsed.GetRequiredValue(_batches))
        {
            await Console.Error.WriteLineAsync($"batch {batch} …");
            TimeSpan raw;
            int size;
            using (var model = await RawModel.OpenAsync(
                source, settings, batch, TimeProvider.System, cancellationToken))
            {
                (operations, size) = (TowerOperations.OfImage(model.Config), model.Config.Image.Size);
                raw = model.BatchTime(batch, _measure.Duration(parsed), cancellationToken);
            }

            rows.Add(await ServeAsync(parsed, batch, raw, size, requests, cancellationToken));
        }

        Write(rows, device, operations, peak);
        await _measure.Json.WriteAsync(
            parsed,
            () => new
            {
                model = source,
                settings,
                machine = Machine.Current,
                device,
                peak_tflops = peak,
                operations,
                rows,
            },
            cancellationToken);
        return 0;
    }

    private async Task<SweepRow> ServeAsync(
        ParseResult parsed, int batch, TimeSpan raw, int size, Requests requests, CancellationToken cancellationToken)
    {
        var settings = _model.Settings(parsed);
        settings["Clip:Models"] = $"m={_model.Model(parsed)}";
        settings["Clip:Batching:MaxBatchSize"] = batch.ToString(CultureInfo.InvariantCulture);

        // Two batches run at once on a GPU, and as many must wait meanwhile.
        var step = new LoadStep
        {
            Callers = 4 * batch,
            Duration = _measure.Duration(parsed),
            WarmUp = parsed.GetValue(_warmUp),
        };
        var time = TimeProvider.System;
        await using var served = await ServedModel.StartAsync(ServerKind.Model, settings, time, cancellationToken);
        var frame = Requests.Frame(size);
        var frames = await RunAsync(served, Workloads.Embed("frames", _ => frame), step, cancellationToken);
        var images = await RunAsync(served, Workloads.Create("embed", requests, 1, time), step, cancellationToken);
        return new SweepRow(batch, raw, batch / raw.TotalSeconds, frames, images);
    }

    private static async Task<ServedRate> RunAsync(
        ServedModel served, IWorkload workload, LoadStep step, CancellationToken cancellationToken)
    {
        await Console.Error.WriteLineAsync($"  {workload.Name} …");
        var before = served.ProcessorUse;
        var result = await served.RunAsync(workload, step, cancellationToken);
        var use = served.ProcessorUse - before;
        return result.Goodput > 0
            ? new ServedRate(result.Goodput, result.MeanBatch, use.ServerCores, use.DriverCores)
            : throw new LoadTestException(
                $"no call of {workload.Name} was completed: {StatusNames.Line(result.Statuses)}.");
    }

    private static void Write(IEnumerable<SweepRow> rows, string device, double operations, double? peak)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var heading in new[]
        {
            "batch", "raw ms", "raw /s", "of peak", "frames served /s", "÷ raw", "of peak", "mean batch", "cores",
            "JPEGs served /s", "÷ raw", "mean batch", "cores",
        })
        {
            table.AddColumn(new TableColumn(heading).RightAligned());
        }

        foreach (var row in rows)
        {
            table.AddRow(
                $"{row.Batch}", LoadTable.Number(row.RawTime.TotalMilliseconds), LoadTable.Number(row.Raw),
                Share(row.Raw), LoadTable.Number(row.Frames.PerSecond),
                LoadTable.Number(row.Frames.PerSecond / row.Raw), Share(row.Frames.PerSecond),
                LoadTable.Number(row.Frames.MeanBatch), Cores(row.Frames), LoadTable.Number(row.Images.PerSecond),
                LoadTable.Number(row.Images.PerSecond / row.Raw), LoadTable.Number(row.Images.MeanBatch),
                Cores(row.Images));
        }

        Screen.Create().Write(table);
        var ofPeak = peak is null ? "peak not known, see --peak" : $"peak {peak:0} TFLOPS (dense float16)";
        Console.WriteLine($"{device}; {operations / 1e9:0.00} GFLOP per image; {ofPeak}");
        Console.WriteLine("cores: processor time of the server + of the load generator, per second");

        string Share(double rate) => SweepRow.ShareOfPeak(rate, operations, peak) is { } share ? $"{share:0.0%}" : "–";

        static string Cores(ServedRate rate) =>
            FormattableString.Invariant($"{rate.ServerCores:0.0} + {rate.DriverCores:0.0}");
    }
}
