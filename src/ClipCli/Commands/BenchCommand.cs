using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ClipGrpc.Cli.Benchmarks;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip bench</c></summary>
internal sealed class BenchCommand : Command
{
    private const int MostCallers = 1024;
    private const int MostItems = 4096;
    private const double HighestRate = 100_000;
    private const double LongestSeconds = 3600;

    private readonly CliConsole _console;
    private readonly TimeProvider _time;
    private readonly ServerOptions _server;
    private readonly ModelSelection _model;

    private readonly Argument<string?> _local = new("MODEL")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Measure this model on this machine, without a server, with each device and precision: demo, a "
            + "model id of the Hugging Face Hub, an OpenCLIP name or a folder. Default: measure the server.",
    };

    private readonly Option<string[]> _providers = new("--provider")
    {
        HelpName = "NAME=PATH",
        Arity = ArgumentArity.OneOrMore,
        Description = "With MODEL: library of a plug-in execution provider to measure too, such as OpenVINO. Can be "
            + "repeated.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _program = new("--server-program")
    {
        HelpName = "PATH",
        Description = $"With MODEL: the server program, which measures it. Default: {ServerProgram.Variable}, then "
            + "beside this command, then on PATH.",
    };

    private readonly Option<string[]> _images = new("--images")
    {
        HelpName = "PATH",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        Description = "Send these images: files, folders (recursive) or patterns; at most 256 files.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _textsFile = new("--texts-file")
    {
        HelpName = "F",
        Description = "Send these texts: a file with one text per line.",
    };

    private readonly Option<string> _generate = new("--generate")
    {
        HelpName = "KIND",
        Description = "Without input files: send generated images or texts.",
        DefaultValueFactory = _ => "images",
    };

    private readonly Option<string> _loop = new("--loop")
    {
        HelpName = "LOOP",
        Description = "closed: callers that wait for each response. open: calls at a fixed rate; their latency is "
            + "measured from the scheduled time. both: first closed, then open.",
        DefaultValueFactory = _ => "both",
    };

    private readonly NumberListOption<int> _callers = new(
        "--callers",
        "Callers of the closed loop, one step per number. Stops when two consecutive steps bring no gain.",
        MostCallers, "1,2,4,8,16,32,64");

    private readonly NumberListOption<int> _batch = new("--batch", "Items per call.", MostItems, "1,8");

    private readonly NumberListOption<double> _rates = new(
        "--rate",
        "Calls per second of the open loop. Default: 50, 80 and 95 % of the closed loop's maximum.",
        HighestRate, "");

    private readonly Option<double> _duration = Seconds(
        "--duration", "Duration of each measurement; with MODEL, 2 s by default.", 3);
    private readonly Option<double> _warmUp = Seconds("--warm-up", "Warm-up before each measurement, same load.", 1);

    private readonly Option<double> _deadline = Seconds(
        "--deadline", "Deadline of each call, from its scheduled time.", 10);

    private readonly Option<bool> _json = new("--json") { Description = "Print the report as one JSON object." };

    public BenchCommand(CliConsole console, TimeProvider? time = null)
        : base(
            "bench",
            "Measure the throughput and latency of a server, and recommend how to call it; or measure a model on this "
            + "machine, and recommend flags for the server.")
    {
        _console = console;
        _time = time ?? TimeProvider.System;
        _generate.AcceptOnlyFromAmong("images", "texts");
        _loop.AcceptOnlyFromAmong("closed", "open", "both");
        _local.RejectOptions("folder");
        Add(_local);
        Add(_providers);
        Add(_program);
        Add(_images);
        Add(_textsFile);
        Add(_generate);
        Add(_loop);
        _callers.AddTo(this);
        _batch.AddTo(this);
        _rates.AddTo(this);
        Add(_duration);
        Add(_warmUp);
        Add(_deadline);
        _model = new ModelSelection(this);
        Add(_json);
        _server = new ServerOptions(this);
        this.AddRule(result =>
        {
            if (result.GetValue(_images) is { Length: > 0 } && result.GetValue(_textsFile) is not null)
                result.AddError("--images and --texts-file cannot be used together.");
            if (result.GetValue(_loop) == "open" && !_rates.IsGiven(result))
                result.AddError("--loop open requires --rate.");
        });
        this.AddRule(CheckLocal);
        SetAction((parsed, cancellationToken) => parsed.GetValue(_local) is { } local
            ? RunLocalAsync(parsed, local, cancellationToken)
            : _server.UseClientNowAsync(parsed, client => RunAsync(parsed, client, cancellationToken)));
    }

    private void CheckLocal(CommandResult result)
    {
        var isLocal = result.GetValue(_local) is not null;
        Option[] ofLocal = [_providers, _program];
        Option[] ofBoth = [_duration, _json];
        foreach (var option in Options.Except(ofBoth).Where(option => result.GetResult(option) is { Implicit: false }))
        {
            if (isLocal && !ofLocal.Contains(option))
                result.AddError($"{option.Name} is for a server; MODEL is measured without one.");
            if (!isLocal && ofLocal.Contains(option))
                result.AddError($"{option.Name} requires MODEL.");
        }
    }

    private Task<int> RunLocalAsync(ParseResult parsed, string model, CancellationToken cancellationToken)
    {
        var program = ServerProgram.Find(
            parsed.GetValue(_program), Environment.GetEnvironmentVariable(ServerProgram.Variable),
            AppContext.BaseDirectory, Environment.GetEnvironmentVariable("PATH"), $"{Name} {model}");
        var arguments = new List<string> { Name, model };
        foreach (var provider in parsed.GetRequiredValue(_providers))
            arguments.AddRange([_providers.Name, provider]);
        if (parsed.GetResult(_duration) is { Implicit: false })
        {
            arguments.AddRange(
                [_duration.Name, parsed.GetValue(_duration).ToString(CultureInfo.InvariantCulture)]);
        }

        if (parsed.GetValue(_json))
            arguments.Add(_json.Name);
        return ServerProgram.RunAsync(program, arguments, _console, cancellationToken);
    }

    private static Option<double> Seconds(string name, string description, double defaultValue)
    {
        var option = new Option<double>(name)
        {
            HelpName = "SECONDS",
            Description = description,
            DefaultValueFactory = _ => defaultValue,
        };
        option.RequireSeconds(LongestSeconds);
        return option;
    }

    private async Task<int> RunAsync(ParseResult parsed, ClipClient client, CancellationToken cancellationToken)
    {
        var plan = ReadPlan(parsed);
        var inputs = ReadInputs(parsed);
        var model = await _model.ResolveAsync(parsed, client, cancellationToken);
        await CheckAsync(client, model, inputs, cancellationToken);
        await _console.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"This takes up to {BenchRun.LongestDuration(plan).TotalSeconds:0} s; Ctrl+C ends it."));

        var driver = new LoadDriver(
            (items, number, left, token) => EmbedAsync(client, model, inputs, items, number, left, token), plan, _time);
        var run = new BenchRun(plan, driver, Show);
        var results = await run.RunAsync(cancellationToken);
        var report = BenchReport.Of(_server.ReadAddress(parsed), model, inputs.Description, results);
        if (parsed.GetValue(_json))
            JsonOutput.WriteLine(_console.Out, report, BenchJson.Default.BenchReport);
        else
            BenchTable.Write(_console.OpenOut(), report);
        if (results.Any(result => result.OkCalls > 0))
            return ExitCode.Success;

        await _console.Error.WriteLineAsync("clip: no call succeeded.");
        return ExitCode.Failure;
    }

    private BenchPlan ReadPlan(ParseResult parsed) => new()
    {
        Callers = _callers.Read(parsed),
        ItemsPerCall = _batch.Read(parsed),
        Rates = _rates.Read(parsed),
        RunsClosedLoop = parsed.GetValue(_loop) != "open",
        RunsOpenLoop = parsed.GetValue(_loop) != "closed",
        Duration = TimeSpan.FromSeconds(parsed.GetValue(_duration)),
        WarmUp = TimeSpan.FromSeconds(parsed.GetValue(_warmUp)),
        Deadline = TimeSpan.FromSeconds(parsed.GetValue(_deadline)),
    };

    private BenchInputs ReadInputs(ParseResult parsed) =>
        parsed.GetRequiredValue(_images) is { Length: > 0 } paths ? BenchInputs.OfImages(paths)
        : parsed.GetValue(_textsFile) is { } file ? BenchInputs.OfTexts(file)
        : parsed.GetValue(_generate) == "texts" ? BenchInputs.GenerateTexts()
        : BenchInputs.GenerateImages();

    // One call with all the client's care: what is wrong with every call is said once, before any load.
    private static async Task CheckAsync(
        ClipClient client, ClipModel model, BenchInputs inputs, CancellationToken cancellationToken)
    {
        var input = inputs.Create(0);
        ClipInput item = input.KindCase == Input.KindOneofCase.Text
            ? input.Text
            : ClipImage.FromBytes(input.Image.Encoded.Memory);
        var options = new EmbedCallOptions { Model = model.Name };
        var result = await client.EmbedAsync(new[] { item }.ToAsyncEnumerable(), options, cancellationToken)
            .SingleAsync(cancellationToken);
        if (result.Error is not { } error)
            return;
        var file = inputs.FirstFile is { } name ? $"--images: {name}: " : "";
        throw new CliException(ExitCode.Failure, file + FlagNames.InCall(error.Message));
    }

    private async Task<CallOutcome> EmbedAsync(
        ClipClient client, ClipModel model, BenchInputs inputs, int items, long number, TimeSpan left,
        CancellationToken cancellationToken)
    {
        var request = new EmbedRequest { Model = model.Name };
        for (var i = 0; i < items; i++)
            request.Inputs.Add(inputs.Create(number * items + i));
        try
        {
            // The raw client: a retry would hide what the server did.
            using var call = client.RawClip.EmbedAsync(
                request, deadline: _time.GetUtcNow().UtcDateTime + left, cancellationToken: cancellationToken);
            return CallOutcome.Of(await call.ResponseAsync);
        }
        catch (RpcException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return CallOutcome.Failed(exception.StatusCode);
        }
    }

    private void Show(StepResult result)
    {
        var p99 = result.Percentile(0.99) is { } latency
            ? string.Create(CultureInfo.InvariantCulture, $", p99 {latency.TotalMilliseconds:0.#} ms")
            : "";
        _console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{result.Step}: {result.Throughput:0.#} items/s{p99}"));
    }
}
