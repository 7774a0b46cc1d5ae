using System.Text;
using Spectre.Console;

namespace ClipGrpc.Cli;

/// <summary>Where a command writes: results to <see cref="Out"/>, everything else to <see cref="Error"/>.</summary>
internal sealed class CliConsole(TextWriter output, TextWriter error, bool outIsTerminal, bool errorIsTerminal)
{
    // Tables in a pipe are for other programs: no line of theirs may be broken.
    private const int PipeWidth = 10_000;

    private const int OutputBufferChars = 32 * 1024;

    private static bool TerminalIsDumb => Environment.GetEnvironmentVariable("TERM") == "dumb";

    /// <summary>Where responses to questions come from.</summary>
    public TextReader In { get; init; } = TextReader.Null;

    public bool InIsTerminal { get; init; }

    public TextWriter Out { get; } = output;

    /// <summary>For what a command reads where its user says <c>-</c>; empty unless it is set.</summary>
    public Stream InBytes { get; init; } = Stream.Null;

    // Synchronized, because notices come while a command writes.
    public TextWriter Error { get; } = TextWriter.Synchronized(error);

    /// <summary>
    /// Where lines go that come at any time: <see cref="Error"/>, or above a progress bar while there is one.
    /// </summary>
    public TextWriter Notices { get; set; } = TextWriter.Synchronized(error);

    public bool OutIsTerminal { get; } = outIsTerminal;

    public bool ErrorIsTerminal { get; } = errorIsTerminal;

    public static CliConsole System()
    {
        // A pipe gets its lines in blocks: an embedding is kilobytes of JSON.
        var output = Console.IsOutputRedirected
            ? new StreamWriter(StandardOutput.Open(), new UTF8Encoding(false), OutputBufferChars)
            : Console.Out;
        return new CliConsole(output, Console.Error, !Console.IsOutputRedirected, !Console.IsErrorRedirected)
        {
            In = Console.In,
            InIsTerminal = !Console.IsInputRedirected,
            InBytes = new StandardInput(Console.OpenStandardInput()),
        };
    }

    public IAnsiConsole OpenOut() => Open(Out, OutIsTerminal);

    public IAnsiConsole OpenError() => Open(Error, ErrorIsTerminal);

    private static IAnsiConsole Open(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal && !TerminalIsDumb ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Yes : InteractionSupport.No,
        });
        if (!isTerminal)
            console.Profile.Width = PipeWidth;
        return console;
    }
}
