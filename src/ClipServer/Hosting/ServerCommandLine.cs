using System.CommandLine;
using System.CommandLine.Invocation;
using ClipGrpc.Server.Configuration;

namespace ClipGrpc.Server.Hosting;

/// <summary>
/// Maps flags to configuration keys. Values remain text here, so that an invalid one is reported together with the
/// errors of the other configuration sources.
/// </summary>
internal static class ServerCommandLine
{
    private static readonly Dictionary<string, string?> NoSettings = [];

    /// <summary>Reads the flags, or runs a verb. Prints help or version to <paramref name="output"/>, errors to
    /// <paramref name="error"/>.</summary>
    /// <param name="verbs">Commands that do something else than to serve.</param>
    public static CommandLineResult Parse(
        IReadOnlyList<string> args, TextWriter output, TextWriter error, params IReadOnlyList<Command> verbs)
    {
        var command = new RootCommand(
            "Serves CLIP models over gRPC: embeddings, zero-shot classification and ranking of images and texts.");
        command.Directives.Clear();
        var options = ServerFlags.All.Select(flag => (Flag: flag, Option: CreateOption(flag))).ToList();
        options.ForEach(entry => command.Options.Add(entry.Option));
        foreach (var verb in verbs)
            command.Subcommands.Add(verb);
        // Serving is what is done without a verb; a command without an action would require one.
        command.SetAction(_ => ExitCodes.Success);

        // No response files: a value may begin with '@'.
        var result = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Action is ParseErrorAction)
            return new CommandLineResult(ReportErrors(result, error), NoSettings);

        if (result.Action != command.Action)
        {
            var printed = result.Invoke(new InvocationConfiguration { Output = output, Error = error });
            return new CommandLineResult(printed, NoSettings);
        }

        var given = options.Where(entry => result.GetResult(entry.Option) is { Implicit: false });
        return new CommandLineResult(
            null, given.ToDictionary(entry => entry.Flag.Key, entry => ReadValue(result, entry.Flag, entry.Option)));
    }

    private static Option CreateOption(ServerFlag flag)
    {
        Option option = flag.Kind switch
        {
            ServerFlagKind.Repeatable or ServerFlagKind.PerModel =>
                new Option<string[]>(flag.Name) { Arity = ArgumentArity.OneOrMore },
            ServerFlagKind.Switch => new Option<bool>(flag.Name),
            _ => new Option<string>(flag.Name),
        };
        option.Description = flag.Help;
        if (flag.Kind != ServerFlagKind.Switch)
            option.HelpName = flag.ValueName;

        return option;
    }

    private static string? ReadValue(ParseResult result, ServerFlag flag, Option option) => flag.Kind switch
    {
        ServerFlagKind.Repeatable => SettingList.Join(result.GetValue((Option<string[]>)option) ?? []),
        ServerFlagKind.PerModel => string.Join(';', result.GetValue((Option<string[]>)option) ?? []),
        ServerFlagKind.Switch => result.GetValue((Option<bool>)option) ? "true" : "false",
        _ => result.GetValue((Option<string>)option),
    };

    private static int ReportErrors(ParseResult result, TextWriter error)
    {
        var known = result.CommandResult.Command.Options.Select(option => option.Name).ToList();
        var unknownFlags = result.UnmatchedTokens.Where(token => token.StartsWith('-')).ToList();
        foreach (var flag in unknownFlags)
        {
            var near = NearestName.Find(flag, known);
            error.WriteLine($"Unknown flag: {flag}.{(near is null ? "" : $" Did you mean {near}?")}");
        }

        // The value of an unknown flag would be reported as an unknown argument too.
        foreach (var parseError in unknownFlags.Count > 0 ? [] : result.Errors)
            error.WriteLine(parseError.Message);

        error.WriteLine("Use --help to list all flags.");
        return ExitCodes.WrongUse;
    }
}
