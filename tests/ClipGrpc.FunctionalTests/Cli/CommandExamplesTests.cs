using System.CommandLine;
using ClipGrpc.Cli;
using ClipGrpc.Cli.Commands;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class CommandExamplesTests
{
    public static TheoryData<string> Commands => [.. AllCommands(Root()).Select(NameOf)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Of_EveryCommand_HasExamplesThatParse(string name)
    {
        var root = Root();
        var command = Assert.Single(AllCommands(root), command => NameOf(command) == name);

        var examples = CommandExamples.Of(command);

        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            // What follows is the shell's.
            var line = example.Line.Split(" >")[0];
            Assert.StartsWith(name, line);
            Assert.Empty(root.Parse(line).Errors.Select(error => $"{line}: {error.Message}"));
        }
    }

    [Theory(Timeout = 30_000)]
    [InlineData("search")]
    [InlineData("embed")]
    [InlineData("key", "create")]
    [InlineData]
    public async Task Help_AnyCommand_EndsWithItsExamples(params string[] command)
    {
        var run = await CliRun.RunAsync([.. command, "--help"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var examples = run.Out[run.Out.IndexOf("Examples:\n", StringComparison.Ordinal)..];
        Assert.Contains($"  clip {string.Join(' ', command)}", examples);
        Assert.Contains("Usage:", run.Out);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("serch", "search")]
    [InlineData("embd", "embed")]
    [InlineData("verfy", "verify")]
    public async Task Run_WrongVerb_IsWrongUseWithASuggestion(string verb, string meant)
    {
        var run = await CliRun.RunAsync(verb);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"'{verb}'", run.Error + run.Out);
        Assert.Contains(meant, run.Error + run.Out);
    }

    private static RootCommand Root() =>
        ClipApp.CreateRootCommand(new CliConsole(TextWriter.Null, TextWriter.Null, false, false));

    private static IEnumerable<Command> AllCommands(Command command) =>
        command.Subcommands.SelectMany(AllCommands).Prepend(command);

    private static string NameOf(Command command) => command is RootCommand
        ? ""
        : $"{NameOf(command.Parents.OfType<Command>().First())} {command.Name}".TrimStart();
}
