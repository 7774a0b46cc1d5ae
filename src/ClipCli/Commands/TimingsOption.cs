using System.CommandLine;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>--timings</c></summary>
internal static class TimingsOption
{
    public static Option<bool> Create() => new("--timings")
    {
        Description = "With --json: the server's timings of each item's call, in milliseconds.",
    };

    public static void Add(Command command, Option<bool> timings, Option<bool> json)
    {
        command.Add(timings);
        command.AddRule(result =>
        {
            if (result.GetValue(timings) && !result.GetValue(json))
                result.AddError("--timings requires --json.");
        });
    }
}
