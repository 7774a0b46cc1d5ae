using ClipGrpc.Models.Hub;
using Spectre.Console;

namespace ClipGrpc.Cli.Output;

/// <summary>The models of the cache as a table.</summary>
internal static class CachedModelTable
{
    private static readonly string[] Columns = ["model", "revision", "commit", "size", "weights"];

    public static void Write(IAnsiConsole console, IEnumerable<CachedModel> models) =>
        PlainTable.Write(console, Columns, models.Select(Cells));

    private static IEnumerable<string> Cells(CachedModel model)
    {
        yield return model.Id;
        yield return string.Join(", ", model.Revisions);
        yield return model.Commit[..12];
        yield return HubErrors.Size(model.Size);
        yield return model.Weights ?? "none";
    }
}
