namespace ClipGrpc.Models.Hub;

/// <summary>A file of a model at a commit, as the Hub describes it before it is fetched.</summary>
/// <param name="Name">Path inside the model, checked.</param>
/// <param name="Size">In bytes.</param>
internal sealed record HubFile(string Name, long Size, BlobHash Hash);
