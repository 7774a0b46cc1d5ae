using ClipGrpc.Server.Rpc;

namespace ClipGrpc.Server.OpenInference;

/// <summary>
/// The outputs of a request: those that it names and its inputs allow, or all that they allow. Clients that read the
/// metadata name all outputs whatever they send.
/// </summary>
internal sealed record OutputPlan(IReadOnlyList<RequestedOutput> Outputs)
{
    public const string ImageEmbeds = "image_embeds";
    public const string TextEmbeds = "text_embeds";
    public const string Logits = "logits_per_image";
    public const string Probabilities = "probs";

    /// <summary>Shapes of outputs for a model: its number of dimensions, if the output has it.</summary>
    public static IReadOnlyList<(string Name, bool HasDimensions)> All { get; } =
        [(ImageEmbeds, true), (TextEmbeds, true), (Logits, false), (Probabilities, false)];

    /// <summary>A number as text with its sign, point and exponent, an index, and two colons.</summary>
    private const int MaxClassBytes = 16 + 10 + 2;

    private const int MaxBytesPerChar = 3;

    /// <exception cref="ClipException">An output is unknown or there twice, or none is possible.</exception>
    public static OutputPlan Create(IReadOnlyList<RequestedOutput> requested, InferenceInputs inputs)
    {
        if (requested.Count == 0)
        {
            return new OutputPlan(
            [
                .. All.Where(output => FindMissing(output.Name, inputs) is null)
                    .Select(output => new RequestedOutput(output.Name, "outputs", 0)),
            ]);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var output in requested)
        {
            if (All.All(known => known.Name != output.Name))
            {
                throw InputReader.Invalid(
                    $"{output.Field}.name",
                    $"\"{Excerpt.Of(output.Name)}\" is not an output; known are "
                    + $"{string.Join(", ", All.Select(known => known.Name))}.");
            }

            if (!names.Add(output.Name))
                throw InputReader.Invalid($"{output.Field}.name", $"Duplicate of {output.Name}; request it once.");
        }

        var possible = requested.Where(output => FindMissing(output.Name, inputs) is null).ToList();
        return possible.Count > 0
            ? new OutputPlan(possible)
            : throw InputReader.Invalid(
                $"{requested[0].Field}.name",
                $"{requested[0].Name} requires {FindMissing(requested[0].Name, inputs)} among the inputs.");
    }

    /// <summary>The most that the outputs can take.</summary>
    public long SizeFor(InferenceInputs inputs, InferenceSettings settings, int dimensions)
    {
        var longest = 0;
        if (Outputs.Any(output => output.Classes > 0) && inputs.Candidates is { } nameOf)
        {
            for (var i = 0; i < inputs.CandidateCount; i++)
                longest = Math.Max(longest, nameOf(i).Length);
        }

        var bytes = 0L;
        foreach (var output in Outputs)
        {
            var (rows, columns, isEmbedding) = output.Name switch
            {
                ImageEmbeds => (inputs.Images.Count, dimensions, true),
                TextEmbeds => (inputs.Texts.Count, dimensions, true),
                _ => (inputs.Images.Count, inputs.CandidateCount, false),
            };
            var classBytes = sizeof(uint) + MaxClassBytes + (isEmbedding ? 0 : MaxBytesPerChar * (long)longest);
            bytes += output.Classes > 0
                ? rows * Math.Min(output.Classes, columns) * classBytes
                : rows * (long)columns * (isEmbedding && settings.Float16 ? sizeof(ushort) : sizeof(float));
        }

        return bytes;
    }

    /// <summary>Null: the output is possible.</summary>
    private static string? FindMissing(string output, InferenceInputs inputs) => output switch
    {
        ImageEmbeds => inputs.Images.Count > 0 ? null : "images or frames",
        TextEmbeds => inputs.Texts.Count > 0 ? null : "texts or input_ids",
        _ when inputs.Images.Count == 0 => "images or frames",
        _ => inputs.CandidateCount > 0 ? null : "labels, texts or input_ids",
    };
}
