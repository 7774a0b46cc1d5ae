using ClipGrpc.Models.Catalog;

namespace ClipGrpc.Serving.Models;

/// <summary>Makes a model ready to serve.</summary>
internal interface IModelLoader
{
    /// <exception cref="ClipException">NotFound or InvalidInput: the source is not there or cannot be read.</exception>
    Task<RunningModel> LoadAsync(ModelSpec spec, CancellationToken cancellationToken);
}
