using System.Globalization;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Output;

/// <summary>Human-readable results.</summary>
internal static class ResultText
{
    private const int ShownElements = 4;

    public static void Write(TextWriter output, CliInput input, ClipClassification classification)
    {
        output.WriteLine(input.Name);
        foreach (var prediction in classification.Predictions)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {prediction.Probability * 100,6:0.0} %  {prediction.Label}"));
        }
    }

    public static void Write(TextWriter output, CliInput input, ClipEmbedding embedding)
    {
        var vector = embedding.Vector.Span;
        var shown = new List<string>();
        foreach (var value in vector[..Math.Min(ShownElements, vector.Length)])
            shown.Add(value.ToString("0.0000", CultureInfo.InvariantCulture));
        if (vector.Length > ShownElements)
            shown.Add("…");
        var cut = embedding.Truncated ? $"  (truncated: {embedding.TokenCount} tokens or more)" : "";
        output.WriteLine($"{input.Name}  {vector.Length} dimensions  [{string.Join(", ", shown)}]{cut}");
    }
}
