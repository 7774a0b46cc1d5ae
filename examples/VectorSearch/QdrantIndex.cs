using Qdrant.Client;
using Qdrant.Client.Grpc;

namespace ClipGrpc.Examples.VectorSearch;

/// <summary>A collection of Qdrant.</summary>
internal sealed class QdrantIndex(Uri address) : IImageIndex
{
    private const string Collection = "clipgrpc-samples";

    private readonly QdrantClient _qdrant = new(address);

    public async Task AddAsync(IReadOnlyList<(string Name, ReadOnlyMemory<float> Vector)> images)
    {
        // Embeddings have length 1: the dot product is the cosine similarity, and cheaper.
        await _qdrant.RecreateCollectionAsync(Collection, new VectorParams
        {
            Size = (ulong)images[0].Vector.Length,
            Distance = Distance.Dot,
        });
        await _qdrant.UpsertAsync(Collection, [.. images.Select((image, index) => new PointStruct
        {
            Id = (ulong)index,
            Vectors = image.Vector.ToArray(),
            Payload = { ["name"] = image.Name },
        })]);
    }

    public async Task<IReadOnlyList<FoundImage>> SearchAsync(ReadOnlyMemory<float> query, int count)
    {
        var points = await _qdrant.QueryAsync(Collection, query.ToArray(), limit: (ulong)count, payloadSelector: true);
        return [.. points.Select(point => new FoundImage(point.Payload["name"].StringValue, point.Score))];
    }

    public ValueTask DisposeAsync()
    {
        _qdrant.Dispose();
        return ValueTask.CompletedTask;
    }
}
