namespace ClipGrpc.Serving.Models;

/// <summary>Makes a model ready to serve.</summary>
internal interface IVariantLoader
{
    /// <exception cref="ClipException">NotFound or InvalidInput: the source is not there or cannot be read.</exception>
    Task<ClipVariant> LoadAsync(ModelRequest request, CancellationToken cancellationToken);
}
