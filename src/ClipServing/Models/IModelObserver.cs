using ClipGrpc.Models.Catalog;

namespace ClipGrpc.Serving.Models;

/// <summary>
/// Notified, one call at a time, when a model is added, changes or is removed: for logs, health and metrics.
/// </summary>
internal interface IModelObserver
{
    /// <param name="info">Null while it loads.</param>
    /// <param name="serverReady">Whether the server as a whole is ready from now on.</param>
    void Changed(ModelSpec spec, ModelState state, ModelInfo? info, bool serverReady);

    /// <param name="info">Null when it could not be loaded.</param>
    void Removed(ModelSpec spec, ModelInfo? info, bool serverReady);
}
