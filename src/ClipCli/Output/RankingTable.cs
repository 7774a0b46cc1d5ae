using System.Globalization;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Client;
using Spectre.Console;

namespace ClipGrpc.Cli.Output;

/// <summary>The candidates of a query, most similar first.</summary>
internal static class RankingTable
{
    public static void Write(
        IAnsiConsole console, CliInput query, IReadOnlyList<CliInput> candidates, ClipRanking ranking)
    {
        if (ranking.Ranked.Count == 0)
            return;

        var rows = ranking.Ranked.Select((candidate, i) => new[]
        {
            (i + 1).ToString(CultureInfo.InvariantCulture),
            string.Create(CultureInfo.InvariantCulture, $"{candidate.Probability * 100:0.0} %"),
            candidate.Cosine.ToString("0.0000", CultureInfo.InvariantCulture),
            candidates[candidate.Index].Name,
        });
        console.WriteLine(query.Name);
        PlainTable.Write(console, ["rank", "probability", "cosine", "candidate"], rows);
    }
}
