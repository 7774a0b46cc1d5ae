namespace ClipGrpc.Server.Hosting;

/// <summary>Lays out the start-up screen as plain text.</summary>
internal static class StartupScreen
{
    private static readonly string[] Headings =
        ["Model", "Dimensions", "Image", "Provider", "Device", "Precision", "State"];

    public static string Render(StartupSummary summary)
    {
        var rows = summary.Models.Select(CreateRow).Prepend(Headings).ToList();
        var widths = Enumerable.Range(0, Headings.Length).Select(column => rows.Max(row => row[column].Length))
            .ToList();
        var screen = new StringWriter();
        screen.WriteLine();
        screen.WriteLine($"  ClipGrpc {summary.Version}");
        screen.WriteLine();
        foreach (var row in rows)
        {
            screen.WriteLine(
                "  " + string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }

        screen.WriteLine();
        screen.WriteLine($"  gRPC  {ListenerAddresses.Format(summary.GrpcAddress)}");
        screen.WriteLine($"  HTTP  {ListenerAddresses.Format(summary.HttpAddress)}  /metrics /healthz /readyz");
        if (summary.PageAddress is { } page)
            screen.WriteLine($"  Page  {page}");
        screen.WriteLine();
        screen.WriteLine($"  Try   {summary.NextCommand}");
        screen.WriteLine("  Stop  Ctrl+C");
        screen.WriteLine();
        return screen.ToString();
    }

    private static string[] CreateRow(StartupModel model) =>
    [
        model.Name, $"{model.Dimensions}", $"{model.ImageSize}x{model.ImageSize}", model.Provider, model.Device,
        model.Precision, model.State,
    ];
}
