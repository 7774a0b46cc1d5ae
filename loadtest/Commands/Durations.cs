using System.CommandLine;
using ClipGrpc.Server.Configuration;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>Options that take a time as the server's settings do: <c>500ms</c>, <c>10s</c>.</summary>
internal static class Durations
{
    public static Option<TimeSpan> Create(string name, string description, string standard) => new(name)
    {
        HelpName = "DURATION",
        Description = description,
        CustomParser = result =>
        {
            if (SettingValue.TryReadDuration(result.Tokens[0].Value, out var duration) && duration >= TimeSpan.Zero)
                return duration;

            result.AddError(
                $"{name} must be a duration with a unit, such as 500ms or 10s, but is '{result.Tokens[0].Value}'.");
            return default;
        },
        DefaultValueFactory = _ => SettingValue.TryReadDuration(standard, out var duration)
            ? duration
            : throw new ArgumentException($"'{standard}' is no duration.", nameof(standard)),
    };
}
