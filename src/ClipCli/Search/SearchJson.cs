using System.Text.Json.Serialization;
using ClipGrpc.Cli.Output;

namespace ClipGrpc.Cli.Search;

/// <summary>A line of <c>clip search --json</c>: a hit.</summary>
internal sealed record SearchLine(int Rank, string Path, float Cosine, string Query, string Model, string Revision)
{
    public static IEnumerable<SearchLine> Of(SearchResult result) => result.Hits.Select((hit, i) => new SearchLine(
        i + 1, hit.Path, hit.Cosine, result.Query, result.Model.Name, result.Model.Revision));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(FiniteFloatConverter)])]
[JsonSerializable(typeof(SearchLine))]
internal sealed partial class SearchJson : JsonSerializerContext;
