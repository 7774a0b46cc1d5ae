using System.CommandLine;
using System.Text.Json;
using ClipGrpc.LoadTest.Reports;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>How long is measured, and where the numbers go: options that the measuring commands share.</summary>
internal sealed class MeasureOptions
{
    private readonly Option<TimeSpan> _duration;
    private readonly Option<string> _json;

    /// <param name="of">What the duration is of, for people.</param>
    /// <param name="duration">By default.</param>
    /// <param name="json">What is written as JSON, for people.</param>
    public MeasureOptions(Command command, string of, string duration, string json)
    {
        _duration = Durations.Create("--duration", $"Of each {of}.", duration)
            .Require(value => value > TimeSpan.Zero, "is above 0.");
        _json = new Option<string>("--json") { HelpName = "OUT", Description = $"Write {json} as JSON." };
        command.Add(_duration);
        command.Add(_json);
    }

    public TimeSpan Duration(ParseResult parsed) => parsed.GetValue(_duration);

    /// <summary>Writes the JSON where it was asked for.</summary>
    public async Task WriteJsonAsync(ParseResult parsed, Func<object> content, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_json) is { } path)
            await File.WriteAllTextAsync(path, JsonSerializer.Serialize(content(), GhzReport.Json), cancellationToken);
    }

    public static Option<TimeSpan> WarmUp(string of, string duration) =>
        Durations.Create("--warm-up", $"Before each {of}, at its load.", duration);
}
