using System.Globalization;
using ClipGrpc.Cli.Output;
using Spectre.Console;

namespace ClipGrpc.Cli.Search;

internal static class SearchTable
{
    public static void Write(IAnsiConsole console, SearchResult result) => PlainTable.Write(
        console,
        ["rank", "cosine", "image"],
        result.Hits.Select((hit, i) => new[]
        {
            (i + 1).ToString(CultureInfo.InvariantCulture),
            hit.Cosine.ToString("0.0000", CultureInfo.InvariantCulture),
            hit.Path,
        }));
}
