namespace ClipGrpc.Client;

/// <summary>The model that made a result.</summary>
/// <param name="Name">The name that the model is served under.</param>
/// <param name="Revision">
/// The first 12 hexadecimal digits of the model's identity. Embeddings of models with the same revision are comparable.
/// </param>
public sealed record ClipModelRef(string Name, string Revision)
{
    internal static ClipModelRef Unknown { get; } = new("", "");

    /// <summary><c>name@revision</c></summary>
    public override string ToString() => Revision.Length > 0 ? $"{Name}@{Revision}" : Name;

    internal static ClipModelRef From(V1.ModelRef? model) =>
        model is null ? Unknown : new ClipModelRef(model.Name, model.Revision);
}
