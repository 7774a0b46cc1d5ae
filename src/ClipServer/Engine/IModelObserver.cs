namespace ClipGrpc.Server.Engine;

/// <summary>Is told when models come, change and go: for health and metrics.</summary>
internal interface IModelObserver
{
    /// <param name="description">Null while it loads.</param>
    void Changed(string name, ModelState state, VariantDescription? description);

    void Removed(string name);
}
