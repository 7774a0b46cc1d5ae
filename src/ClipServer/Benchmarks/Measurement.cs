namespace ClipGrpc.Server.Benchmarks;

/// <summary>What the process of one candidate measured.</summary>
internal sealed record Measurement
{
    /// <summary>Such as CPU or OpenVINO.</summary>
    public required string Provider { get; init; }

    /// <summary>With decoding and batching, as the server does it.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>The forward pass alone, at the best batch size.</summary>
    public required double RawImagesPerSecond { get; init; }

    /// <summary>Ascending by length.</summary>
    public required IReadOnlyList<TextRate> Texts { get; init; }

    /// <summary>The median time of one image with decoding, when nothing else runs.</summary>
    public required double OneImageMilliseconds { get; init; }

    /// <summary>Memory of the process after the first embeddings.</summary>
    public required long LoadedBytes { get; init; }

    /// <summary>The most memory of the process while it loaded the model and served.</summary>
    public required long PeakBytes { get; init; }

    /// <summary>Of the samples, one after the other, each of L2 norm 1.</summary>
    public required float[][] Embeddings { get; init; }
}
