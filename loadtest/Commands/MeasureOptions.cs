using System.CommandLine;
using ClipGrpc.LoadTest.Serving;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>How long is measured, and where the numbers go: options that the measuring commands share.</summary>
internal sealed class MeasureOptions
{
    private readonly Option<TimeSpan> _duration;

    /// <param name="of">What the duration is of, for the help text.</param>
    /// <param name="duration">By default.</param>
    /// <param name="json">What is written as JSON, for the help text.</param>
    public MeasureOptions(Command command, string of, string duration, string json)
    {
        _duration = Durations.Create("--duration", $"Duration of each {of}.", duration)
            .Require(value => value > TimeSpan.Zero, "must be greater than 0.");
        command.Add(_duration);
        Json = new JsonOption(command, json);
    }

    public JsonOption Json { get; }

    public TimeSpan Duration(ParseResult parsed) => parsed.GetValue(_duration);

    public static Option<TimeSpan> WarmUp(string of, string duration) =>
        Durations.Create("--warm-up", $"Duration of the warm-up before each {of}, with the same load.", duration);

    public static Option<int[]> Batches(string description, params int[] standard) => new Option<int[]>("--batches")
    {
        HelpName = "N",
        Description = description,
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => standard,
    }.Require(
        sizes => sizes.All(size => size is > 0 and <= RawModel.LargestBatch), $"is 1 to {RawModel.LargestBatch}.");
}
