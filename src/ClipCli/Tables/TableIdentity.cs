namespace ClipGrpc.Cli.Tables;

/// <summary>What all embeddings of a table have in common.</summary>
internal sealed record TableIdentity(string Model, string Revision, string Precision, int Dimensions)
{
    public bool Made(EmbeddingRow row) =>
        row.Error is null && row.Revision == Revision && row.Precision == Precision && row.Vector.Length == Dimensions;

    public override string ToString() => $"{Model} at revision {Revision}, {Precision}, {Dimensions} dimensions";
}
