using System.Globalization;

namespace ClipGrpc.Cli.Tables;

/// <summary>Refuses tables that do not belong together. Memory: a number for each row.</summary>
internal sealed class MergeCheck
{
    private readonly Dictionary<UInt128, int> _partOfId = [];
    private readonly List<string> _parts = [];
    private TableIdentity? _identity;
    private int? _dimensions;

    /// <exception cref="CliException">Its embeddings are of another size.</exception>
    public void Begin(string part, int dimensions)
    {
        _dimensions ??= dimensions;
        if (dimensions != _dimensions)
        {
            throw CliException.WrongUse(
                $"{part} has embeddings of {dimensions} dimensions, and {_parts[0]} of {_dimensions}.");
        }

        _parts.Add(part);
    }

    /// <exception cref="CliException">Another model has made it, or it is in an earlier part too.</exception>
    public void Add(EmbeddingRow row)
    {
        var part = _parts.Count - 1;
        var identity = new TableIdentity(row.Model, row.Revision, row.Precision, _dimensions!.Value);
        _identity ??= identity;
        if (identity != _identity)
            throw CliException.WrongUse($"{_parts[part]} has embeddings of {identity}, but others are of {_identity}.");

        var id = UInt128.Parse(row.Id, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (!_partOfId.TryAdd(id, part) && _partOfId[id] != part)
        {
            throw CliException.WrongUse(
                $"{row.Path ?? row.Text} is in both {_parts[_partOfId[id]]} and {_parts[part]}. "
                + "The parts must be different shards of the same inputs.");
        }
    }
}
