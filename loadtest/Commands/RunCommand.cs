using System.CommandLine;
using System.Globalization;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Reports;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>run [--rate R | --steps A:B:S | --callers N] …</c> against a server that runs already.</summary>
internal sealed class RunCommand : Command
{
    private readonly ImageSetOptions _images;
    private readonly MeasureOptions _measure;

    private readonly Option<Uri> _address = new("--address")
    {
        HelpName = "URL",
        Description = "The server's address.",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme is "http" or "https"))
                return address;

            result.AddError($"--address must be a URL such as http://localhost:50051, but is '{text}'.");
            return null;
        },
        DefaultValueFactory = _ => new Uri("http://localhost:50051"),
    };

    private readonly Option<string> _model = ImageSetOptions.ModelName();

    private readonly Option<string> _mix = new("--mix")
    {
        HelpName = "MIX",
        Description = "Workloads with weights, such as embed=3,classify=1; known are "
            + $"{string.Join(", ", Workloads.Names)}.",
        DefaultValueFactory = _ => "embed",
    };

    private readonly Option<double?> _rate = new("--rate")
    {
        HelpName = "R",
        Description = "Open loop: calls per second. [default: 20, without --steps and --callers]",
    };

    private readonly Option<string> _steps = new("--steps")
    {
        HelpName = "A:B:S",
        Description = "Open loop: rates from A to B in steps of S.",
    };

    private readonly Option<int[]> _callers = new("--callers")
    {
        HelpName = "N",
        Description = "Closed loop: number of callers, each of which waits for its response. One step per number.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<TimeSpan> _warmUp = MeasureOptions.WarmUp("step", "2s");

    private readonly Option<TimeSpan> _deadline = Durations.Create(
        "--deadline", "Deadline of each call, relative to its intended start time.", "10s");

    private readonly Option<int> _connections = new("--connections")
    {
        HelpName = "N",
        Description = "Number of connections, used in round-robin order.",
        DefaultValueFactory = _ => Connections.StandardCount,
    };

    private readonly Option<int> _inputs = new("--inputs")
    {
        HelpName = "N",
        Description = "Images or texts per call, for embed and embed-text.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<string> _html = new("--html")
    {
        HelpName = "OUT",
        Description = "Write a report with charts as HTML.",
    };

    public RunCommand()
        : base("run", "Put load on a running server: open loop at a constant rate, or closed loop.")
    {
        _rate.Require(rate => rate > 0, "must be greater than 0.");
        _callers.Require(callers => callers.All(count => count > 0), "must be at least 1.");
        _connections.Require(count => count > 0, "must be at least 1.");
        _inputs.Require(count => count > 0, "must be at least 1.");
        Add(_address);
        Add(_model);
        Add(_mix);
        Add(_rate);
        Add(_steps);
        Add(_callers);
        _measure = new MeasureOptions(this, "step", "10s", "a report in ghz's format, one or a list of steps,");
        Add(_warmUp);
        Add(_deadline);
        Add(_connections);
        Add(_inputs);
        _images = new ImageSetOptions(this);
        Add(_html);
        Validators.Add(result =>
        {
            var kinds = new Option[] { _rate, _steps, _callers }.Count(
                option => result.GetResult(option) is { Implicit: false });
            if (kinds > 1)
                result.AddError("Only one of --rate, --steps and --callers can be used.");
        });
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var requests = _images.Read(parsed, parsed.GetRequiredValue(_model));
        var mix = Mix.Parse(parsed.GetRequiredValue(_mix));
        var workloads = mix.Names
            .Select(name => Workloads.Create(name, requests, parsed.GetValue(_inputs), time)).ToList();
        using var connections = new Connections(parsed.GetRequiredValue(_address), parsed.GetValue(_connections));
        var generator = new LoadGenerator(connections, time);
        var rows = new List<(string Load, LoadResult Result)>();
        var totals = new List<(LoadStep Step, LoadResult Total)>();
        foreach (var step in ReadSteps(parsed))
        {
            await Console.Error.WriteLineAsync($"{step.Label} …");
            var results = await generator.RunAsync(workloads, mix, step, cancellationToken);
            rows.AddRange(results.Select(result => (step.Label, result)));
            totals.Add((step, Sum(results)));
        }

        foreach (var workload in workloads)
            await workload.DisposeAsync();
        LoadTable.Write(Screen.Create(), rows);
        await WriteReportsAsync(parsed, connections, totals, cancellationToken);
        return 0;
    }

    private async Task WriteReportsAsync(
        ParseResult parsed, Connections connections, List<(LoadStep Step, LoadResult Total)> totals,
        CancellationToken cancellationToken)
    {
        var reports = totals
            .Select(item => GhzReport.Of(item.Total, connections.Address, connections.Count, item.Step.Deadline))
            .ToList();
        await _measure.Json.WriteAsync(parsed, () => reports.Count == 1 ? reports[0] : reports, cancellationToken);
        if (parsed.GetValue(_html) is { } html)
        {
            var title = $"{totals[0].Total.Name} on {connections.Address.Authority}";
            var page = HtmlReport.Render(title, Machine.Current.ToString(), [.. totals.Select(item => item.Total)]);
            await File.WriteAllTextAsync(html, page, cancellationToken);
        }
    }

    private List<LoadStep> ReadSteps(ParseResult parsed)
    {
        var step = new LoadStep
        {
            Duration = _measure.Duration(parsed),
            WarmUp = parsed.GetValue(_warmUp),
            Deadline = parsed.GetValue(_deadline),
        };
        if (parsed.GetValue(_callers) is { Length: > 0 } callers)
            return [.. callers.Select(count => step with { Callers = count })];

        var rates = parsed.GetValue(_steps) is { } text ? ReadRates(text) : [parsed.GetValue(_rate) ?? 20];
        return [.. rates.Select(rate => step with { Rate = rate })];
    }

    private static IReadOnlyList<double> ReadRates(string text)
    {
        var numbers = text.Split(':')
            .Select(part => double.TryParse(part, CultureInfo.InvariantCulture, out var number) ? number : double.NaN)
            .ToList();
        return numbers is [var first, var last, var step] && numbers.TrueForAll(double.IsFinite)
            ? ArrivalSchedule.Steps(first, last, step)
            : throw new LoadTestException($"--steps must be FIRST:LAST:STEP, such as 20:200:20, but is '{text}'.");
    }

    private static LoadResult Sum(IReadOnlyList<LoadResult> parts)
    {
        var sum = new LoadResult
        {
            Name = string.Join(" + ", parts.Select(part => part.Name)),
            Method = string.Join(" + ", parts.Select(part => part.Method).Distinct()),
            OfferedRate = parts[0].OfferedRate,
            Callers = parts[0].Callers,
            Started = parts[0].Started,
            Duration = parts[0].Duration,
        };
        foreach (var part in parts)
            sum.Add(part);
        return sum;
    }
}
