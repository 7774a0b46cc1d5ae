using System.Text;
using Spectre.Console;

namespace ClipGrpc.Cli.Output;

/// <summary>Writes whole lines to a terminal above its progress bar.</summary>
internal sealed class ConsoleTextWriter(IAnsiConsole console) : TextWriter
{
    private readonly StringBuilder _line = new();

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value)
    {
        if (value != '\n')
        {
            _line.Append(value);
            return;
        }

        console.WriteLine(_line.ToString().TrimEnd('\r'));
        _line.Clear();
    }
}
