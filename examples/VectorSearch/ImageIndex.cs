namespace ClipGrpc.Examples.VectorSearch;

internal sealed record FoundImage(string Name, float Cosine);

/// <summary>Where the vectors of the images are.</summary>
internal interface IImageIndex : IAsyncDisposable
{
    Task AddAsync(IReadOnlyList<(string Name, ReadOnlyMemory<float> Vector)> images);

    Task<IReadOnlyList<FoundImage>> SearchAsync(ReadOnlyMemory<float> query, int count);
}
