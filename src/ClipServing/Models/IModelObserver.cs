using ClipGrpc.Models.Catalog;

namespace ClipGrpc.Serving.Models;

/// <summary>Is told when models come, change and go: for logs, health and metrics. Called in order, one at a time.</summary>
internal interface IModelObserver
{
    /// <param name="info">Null while it loads.</param>
    /// <param name="serverReady">Whether the server as a whole is ready from now on.</param>
    void Changed(ModelSpec spec, ModelState state, ModelInfo? info, bool serverReady);

    /// <param name="info">Null when it could not be loaded.</param>
    void Removed(ModelSpec spec, ModelInfo? info, bool serverReady);
}
