using Spectre.Console;

namespace ClipGrpc.LoadTest.Reports;

/// <summary>
/// The screen, or a wide page where the output goes to a file: a table's columns are not to be cut there.
/// </summary>
internal static class Screen
{
    private const int WidePage = 200;

    public static IAnsiConsole Create()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
            console.Profile.Width = WidePage;
        return console;
    }
}
