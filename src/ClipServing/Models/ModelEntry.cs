namespace ClipGrpc.Serving.Models;

/// <summary>A model of this server at one moment; <paramref name="Variant"/> is null while it loads.</summary>
internal sealed record ModelEntry(ModelRequest Request, ModelState State, ClipVariant? Variant, bool IsDefault);
