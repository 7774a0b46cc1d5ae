using System.Numerics.Tensors;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>A candidate in the report. It was measured, or refused for a reason.</summary>
internal sealed record BenchmarkRow(string Device, string Precision)
{
    /// <summary>
    /// The lowest cosine with which embeddings still count as those of the reference: rankings of near results can
    /// change below it.
    /// </summary>
    public const double ExactEnough = 0.999;

    /// <summary>Null: it was measured.</summary>
    public string? Refused { get; init; }

    /// <inheritdoc cref="Measurement.Provider"/>
    public string? Provider { get; init; }

    /// <inheritdoc cref="Measurement.ImagesPerSecond"/>
    public double? ImagesPerSecond { get; init; }

    /// <inheritdoc cref="Measurement.RawImagesPerSecond"/>
    public double? RawImagesPerSecond { get; init; }

    /// <inheritdoc cref="Measurement.Texts"/>
    public IReadOnlyList<TextRate> Texts { get; init; } = [];

    /// <inheritdoc cref="Measurement.OneImageMilliseconds"/>
    public double? OneImageMilliseconds { get; init; }

    /// <inheritdoc cref="Measurement.LoadedBytes"/>
    public long? LoadedBytes { get; init; }

    /// <inheritdoc cref="Measurement.PeakBytes"/>
    public long? PeakBytes { get; init; }

    /// <summary>From the start of the process to the first embeddings of an image and a text.</summary>
    public double? StartSeconds { get; init; }

    /// <summary>Of the samples, to the embeddings of the default; null: they could not be compared.</summary>
    public double? LowestCosine { get; init; }

    public bool IsExactEnough => LowestCosine >= ExactEnough;

    public static BenchmarkRow Refuse(Candidate candidate, string reason) =>
        new($"{candidate.Device}", candidate.PrecisionName) { Refused = reason };

    /// <param name="reference">Embeddings of the default; null: there are none.</param>
    public static BenchmarkRow Of(
        Candidate candidate, Measurement measured, TimeSpan start, IReadOnlyList<float[]>? reference) =>
        new($"{candidate.Device}", candidate.PrecisionName)
        {
            Provider = measured.Provider,
            ImagesPerSecond = measured.ImagesPerSecond,
            RawImagesPerSecond = measured.RawImagesPerSecond,
            Texts = measured.Texts,
            OneImageMilliseconds = measured.OneImageMilliseconds,
            LoadedBytes = measured.LoadedBytes,
            PeakBytes = measured.PeakBytes,
            StartSeconds = start.TotalSeconds,
            LowestCosine = reference?.Zip(measured.Embeddings).Min(
                pair => TensorPrimitives.CosineSimilarity(pair.First, pair.Second)),
        };
}
