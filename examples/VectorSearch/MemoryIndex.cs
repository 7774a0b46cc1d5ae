using System.Numerics.Tensors;

namespace ClipGrpc.Examples.VectorSearch;

/// <summary>Enough for some 100,000 images: one dot product each.</summary>
internal sealed class MemoryIndex : IImageIndex
{
    private readonly List<(string Name, ReadOnlyMemory<float> Vector)> _images = [];

    public Task AddAsync(IReadOnlyList<(string Name, ReadOnlyMemory<float> Vector)> images)
    {
        _images.AddRange(images);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<FoundImage>> SearchAsync(ReadOnlyMemory<float> query, int count) =>
        Task.FromResult<IReadOnlyList<FoundImage>>([.. _images
            .Select(image => new FoundImage(image.Name, TensorPrimitives.Dot(image.Vector.Span, query.Span)))
            .OrderByDescending(image => image.Cosine)
            .Take(count)]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
