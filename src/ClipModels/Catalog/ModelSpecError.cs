namespace ClipGrpc.Models.Catalog;

/// <summary>Why a model cannot be asked for like that.</summary>
/// <param name="Field"><c>name</c> or <c>source</c>.</param>
/// <param name="Problem">The rest of a sentence about the model.</param>
internal sealed record ModelSpecError(string Field, string Problem);
