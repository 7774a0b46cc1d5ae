namespace ClipGrpc.Serving.Models;

/// <summary>A model to load.</summary>
/// <param name="Source">`demo`, a folder, or a Hub id.</param>
/// <param name="Precision">Null means the server's default.</param>
internal sealed record ModelRequest(string Name, string Source, string? Precision = null);
