using System.CommandLine;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>--set Clip:Inference:IntraOpThreads=2</c>: any setting of the server.</summary>
internal static class SetOption
{
    public static Option<string[]> Option { get; } = new("--set")
    {
        HelpName = "KEY=VALUE",
        Description = "A setting of the server, such as Clip:Batching:MaxBatchSize=16. Can be repeated.",
        DefaultValueFactory = _ => [],
    };

    /// <exception cref="LoadTestException">A setting is not KEY=VALUE.</exception>
    public static Dictionary<string, string?> Read(ParseResult parsed)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in parsed.GetValue(Option) ?? [])
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                throw new LoadTestException($"--set must be KEY=VALUE, but is '{setting}'.");
            settings[setting[..equals]] = setting[(equals + 1)..];
        }

        return settings;
    }
}
