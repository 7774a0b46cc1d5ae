using System.Globalization;
using ClipGrpc.V1;
using Spectre.Console;

namespace ClipGrpc.Cli.Output;

/// <summary>The models of a server as what runs there.</summary>
internal static class RunningModelTable
{
    private static readonly string[] Columns =
        ["model", "state", "device", "provider", "precision", "parameters", "max batch", "source"];

    public static void Write(IAnsiConsole console, IEnumerable<Model> models) =>
        PlainTable.Write(console, Columns, models.Select(Cells));

    private static IEnumerable<string> Cells(Model model)
    {
        yield return model.IsDefault ? $"{model.Name} (default)" : model.Name;
        yield return model.State.ToString().ToLowerInvariant();
        yield return model.Device;
        yield return model.Provider;
        yield return model.Precision;
        yield return Millions(model.Architecture?.Parameters ?? 0);
        yield return model.MaxBatchSize == 0 ? "" : model.MaxBatchSize.ToString(CultureInfo.InvariantCulture);
        yield return model.Source;
    }

    private static string Millions(ulong parameters) =>
        parameters == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e6:0.0} M");
}
