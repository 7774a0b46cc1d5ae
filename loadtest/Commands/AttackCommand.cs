using System.CommandLine;
using System.Globalization;
using ClipGrpc.LoadTest.Attacks;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.LoadTest.Startup;
using Grpc.Core;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>
/// <c>attack [--what A,…]</c>: floods a server of limited memory on this machine, beside a polite caller.
/// </summary>
internal sealed class AttackCommand : Command
{
    private const double PoliteGoal = 0.99;
    private const double SettledGoal = 1.3;

    private readonly ModelOptions _model;
    private readonly JsonOption _json;

    private readonly Option<string> _what = new("--what")
    {
        HelpName = "A",
        Description = $"The attacks, separated by commas: {string.Join(", ", AllAttacks.Names)}, or all.",
        DefaultValueFactory = _ => "all",
    };

    private readonly Option<int> _memory = new("--memory")
    {
        HelpName = "MIB",
        Description = "Memory of the server: its heap is limited to 75 % of this, as in a container of this size.",
        DefaultValueFactory = _ => 1_024,
    };

    private readonly Option<TimeSpan> _duration = Durations.Create("--duration", "Duration of each attack.", "30s");

    private readonly Option<TimeSpan> _settle = Durations.Create(
        "--settle", "Time between the end of an attack and the last measurement of memory.", "60s");

    public AttackCommand()
        : base("attack", "Attack a server with limited memory, and measure its memory and a well-behaved caller.")
    {
        Add(_what);
        _model = new ModelOptions(this);
        _memory.Require(size => size >= 256, "must be at least 256.");
        Add(_memory);
        Add(_duration);
        Add(_settle);
        _json = new JsonOption(this, "the numbers");
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var limit = (long)parsed.GetValue(_memory) << 20;
        var settings = _model.Settings(parsed);
        settings["Clip:Models"] = _model.Model(parsed);
        settings["DOTNET_GCHeapHardLimit"] = $"0x{limit / 4 * 3:x}";
        var results = new List<AttackResult>();
        foreach (var attack in AllAttacks.Read(parsed.GetRequiredValue(_what)))
        {
            await Console.Error.WriteLineAsync($"{attack.Name} …");
            results.Add(await MeasureAsync(
                attack, settings, parsed.GetValue(_duration), parsed.GetValue(_settle), TimeProvider.System,
                cancellationToken));
        }

        Write(results, limit);
        await _json.WriteAsync(
            parsed, () => new { machine = Machine.Current, limit_bytes = limit, results }, cancellationToken);
        return results.TrueForAll(result => IsGood(result, limit)) ? 0 : 1;
    }

    private static bool IsGood(AttackResult result, long limit) =>
        result is { Alive: true, PoliteOk: >= PoliteGoal } && result.PeakBytes <= limit
        && result.SettledBytes <= SettledGoal * result.IdleBytes;

    private static async Task<AttackResult> MeasureAsync(
        Attack attack, IReadOnlyDictionary<string, string?> settings, TimeSpan duration, TimeSpan settle,
        TimeProvider time, CancellationToken cancellationToken)
    {
        using var cache = new ScratchFolder("attack");
        await using var server = await StartedServer.StartAsync(settings, cache.Path, time, cancellationToken);
        await WarmUpAsync(server.Address, time, cancellationToken);
        var idle = server.Memory
            ?? throw new LoadTestException("the memory of a process cannot be read on this system.");

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var polite = new PoliteCaller(server.Address, time).RunAsync(over.Token);
        var calls = attack.RunAsync(server.Address, time, over.Token);
        over.CancelAfter(duration);
        await Task.WhenAll(polite, calls);
        cancellationToken.ThrowIfCancellationRequested();

        var alive = server.IsRunning;
        var peak = server.PeakMemory ?? 0;
        if (alive)
            await Task.Delay(settle, time, cancellationToken);
        var outcomes = await polite;
        return new AttackResult(
            attack.Name, alive && server.IsRunning, await calls,
            outcomes.Count(call => call.Status == StatusCode.OK) / (double)outcomes.Count,
            outcomes.Where(call => call.Status != StatusCode.OK).CountBy(call => call.Status)
                .ToDictionary(status => status.Key.ToString(), status => status.Value),
            outcomes.Select(call => call.Duration.TotalSeconds).Order().ElementAt((int)(outcomes.Count * 0.99)),
            idle, peak, server.Memory ?? 0);
    }

    /// <summary>A server that has answered calls is the one to return to: code is compiled, pools are filled.</summary>
    private static async Task WarmUpAsync(Uri address, TimeProvider time, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(TimeSpan.FromSeconds(5));
        await new PoliteCaller(address, time).RunAsync(over.Token);
    }

    private static void Write(List<AttackResult> results, long limit)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("attack");
        foreach (var heading in new[]
            { "calls", "alive", "polite OK, %", "p99, s", "idle MiB", "peak MiB", "settled MiB", "÷ idle", "goals" })
        {
            table.AddColumn(new TableColumn(heading).RightAligned());
        }

        foreach (var result in results)
        {
            table.AddRow(
                result.Name, result.Calls.ToString(CultureInfo.InvariantCulture), result.Alive ? "yes" : "no",
                $"{100 * result.PoliteOk:0.0}", LoadTable.Number(result.PoliteP99Seconds),
                $"{result.IdleBytes >> 20}", $"{result.PeakBytes >> 20}", $"{result.SettledBytes >> 20}",
                $"{(double)result.SettledBytes / result.IdleBytes:0.00}", IsGood(result, limit) ? "met" : "missed");
        }

        Screen.Create().Write(table);
    }
}
