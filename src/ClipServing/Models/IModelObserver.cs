namespace ClipGrpc.Serving.Models;

/// <summary>Is told when models come, change and go: for logs, health and metrics. Called in order, one at a time.</summary>
internal interface IModelObserver
{
    /// <param name="description">Null while it loads.</param>
    /// <param name="serverReady">Whether the server as a whole is ready from now on.</param>
    void Changed(ModelRequest request, ModelState state, VariantDescription? description, bool serverReady);

    /// <param name="description">Null when it could not be loaded.</param>
    void Removed(ModelRequest request, VariantDescription? description, bool serverReady);
}
