using Spectre.Console;

namespace ClipGrpc.Cli.Output;

internal static class PlainTable
{
    public static void Write(
        IAnsiConsole console, IEnumerable<string> columns, IEnumerable<IEnumerable<string>> rows)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
            table.AddColumn(column);
        foreach (var row in rows)
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        console.Write(table);
    }
}
