namespace ClipGrpc.Models.Catalog;

/// <summary>Opens whatever a model's folder holds.</summary>
internal interface IModelOpener
{
    /// <exception cref="ClipException">
    /// NotFound: nothing that can be served. InvalidInput: a file is not sound, or there is nothing of this precision.
    /// </exception>
    ModelFiles Open(string folder, Precision precision);
}
