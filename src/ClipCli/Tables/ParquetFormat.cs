using Parquet.Schema;

namespace ClipGrpc.Cli.Tables;

/// <summary>
/// The columns of a Parquet file of embeddings. Parquet has no lists of a fixed size: every embedding that is not null
/// has the number of elements that the file's metadata states.
/// </summary>
internal static class ParquetFormat
{
    /// <summary>The key of the file's metadata with the elements per embedding.</summary>
    public const string DimensionsKey = "clipgrpc.dimensions";

    /// <summary>What a definition level of an embedding's element says: no list, or an element.</summary>
    public const int NullLevel = 0;

    public const int ElementLevel = 2;

    private const int ElementsPerRowGroup = 4 * 1024 * 1024;

    private const int MostRowsPerRowGroup = 16 * 1024;

    public static readonly DataField<string> Id = new("id", nullable: false);

    public static readonly DataField<string> PathName = new("path", nullable: true);

    public static readonly DataField<string> Text = new("text", nullable: true);

    public static readonly DataField<float> Element = new("element", nullable: false);

    public static readonly DataField<string> Model = new("model", nullable: false);

    public static readonly DataField<string> Revision = new("revision", nullable: false);

    public static readonly DataField<string> Precision = new("precision", nullable: false);

    public static readonly DataField<int> TokenCount = new("token_count", nullable: true);

    public static readonly DataField<bool> Truncated = new("truncated", nullable: true);

    public static readonly DataField<long> Size = new("size", nullable: true);

    // Parquet.Net 6.1.0 writes wrong statistics for microseconds, by which readers leave out rows that match a filter.
    public static readonly DateTimeDataField Modified = new(
        "modified", DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Millis, isNullable: true);

    public static readonly DataField<string> Error = new("error", nullable: true);

    public static readonly ParquetSchema Schema = new(
        Id,
        PathName,
        Text,
        new ListField("embedding", Element),
        Model,
        Revision,
        Precision,
        TokenCount,
        Truncated,
        Size,
        Modified,
        Error);

    /// <summary>Enough for readers to skip and compress well; few enough for the memory of a small machine.</summary>
    public static int RowsPerRowGroup(int dimensions) =>
        Math.Clamp(ElementsPerRowGroup / Math.Max(dimensions, 1), 1, MostRowsPerRowGroup);
}
