using System.CommandLine;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip completion SHELL</c></summary>
internal sealed class CompletionCommand : Command
{
    private const string Resource = "ClipGrpc.Cli.Completion.clip.";

    private static readonly Dictionary<string, string> Extensions = new(StringComparer.Ordinal)
    {
        ["bash"] = "bash",
        ["zsh"] = "zsh",
        ["fish"] = "fish",
        ["pwsh"] = "ps1",
    };

    public CompletionCommand(CliConsole console)
        : base("completion", "Print the completion script of a shell.")
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong([.. Extensions.Keys]);
        Add(shell);
        SetAction(parsed => Write(console.Out, Extensions[parsed.GetRequiredValue(shell)]));
    }

    private static int Write(TextWriter output, string extension)
    {
        using var script = new StreamReader(
            typeof(CompletionCommand).Assembly.GetManifestResourceStream(Resource + extension)!);
        output.Write(script.ReadToEnd().ReplaceLineEndings("\n"));
        return ExitCode.Success;
    }
}
