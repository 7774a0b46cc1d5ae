using ClipGrpc.Models.Catalog;

namespace ClipGrpc.Serving.Models;

/// <summary>A model of this server at one moment; <paramref name="Running"/> is null while it loads.</summary>
internal sealed record ModelEntry(ModelSpec Spec, ModelState State, RunningModel? Running, bool IsDefault);
