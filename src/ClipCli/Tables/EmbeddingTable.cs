using System.Globalization;
using ClipGrpc.Cli.Inputs;

namespace ClipGrpc.Cli.Tables;

/// <summary>
/// A table that a run writes: rows go into a journal beside it as they come, and the table is made of them when all are
/// there. Whatever ends the run before leaves the journal, from which a later run goes on. Rows are in the order of the
/// inputs. Memory: a number for each row, and a key for each row of earlier runs.
/// </summary>
internal sealed class EmbeddingTable : IDisposable
{
    private readonly string _path;
    private readonly bool _isParquet;
    private readonly TableIdentity _identity;
    private readonly RowJournal _journal;
    private readonly Dictionary<UInt128, long> _known = [];
    private readonly List<long> _rows = [];
    private readonly Lock _lock = new();
    private bool _isCommitted;

    private EmbeddingTable(string path, bool isParquet, TableIdentity identity, RowJournal journal)
    {
        _path = path;
        _isParquet = isParquet;
        _identity = identity;
        _journal = journal;
    }

    /// <summary>Where the rows are until the table is whole.</summary>
    public string JournalPath => JournalOf(_path);

    /// <summary>Bytes at the end of the journal that a crash had left half written.</summary>
    public long DamagedBytes => _journal.DamagedBytes;

    /// <summary>Whether there are rows in the journal, and no table of them yet.</summary>
    public bool HasUnfinishedRows { get; private set; }

    /// <param name="path">The table's file.</param>
    /// <param name="isParquet">Otherwise it is a NumPy file.</param>
    /// <param name="identity">What makes its embeddings.</param>
    /// <param name="resume">Take over what is there and has not changed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The files cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">The table that is there is damaged or another program's.</exception>
    /// <exception cref="CliException">There is a journal of another table, or one without --resume.</exception>
    public static async Task<EmbeddingTable> OpenAsync(
        string path, bool isParquet, TableIdentity identity, bool resume, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
            throw new IOException("it is a folder.");
        var journalPath = JournalOf(path);
        if (!resume && File.Exists(journalPath))
        {
            throw CliException.WrongUse(
                $"{journalPath} has the results of an interrupted run. Continue it with --resume, or delete it "
                + "to start again.");
        }

        var table = new EmbeddingTable(path, isParquet, identity, RowJournal.Open(journalPath));
        try
        {
            table._journal.Load(identity, table.AddKnown);
            table.HasUnfinishedRows = table._known.Count > 0;
            if (resume && File.Exists(path))
                await table.TakeOverAsync(cancellationToken);
            return table;
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    /// <summary>Gives an input a row: true if an earlier run has done it.</summary>
    public bool AddRow(InputVersion version, out int row)
    {
        lock (_lock)
        {
            row = _rows.Count;
            var isKnown = version.IsKnown && _known.TryGetValue(version.Key, out var place);
            _rows.Add(isKnown ? _known[version.Key] : -1);
            return isKnown;
        }
    }

    /// <param name="row">From <see cref="AddRow"/>.</param>
    /// <param name="content">What becomes of it.</param>
    public void Write(int row, EmbeddingRow content)
    {
        lock (_lock)
            _rows[row] = _journal.Append(content);
        HasUnfinishedRows = true;
    }

    /// <summary>Makes the table, with a row for each input.</summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await using (var writer = await TableFile.CreateAsync(
            _path, _isParquet, _identity.Dimensions, cancellationToken))
        {
            foreach (var place in _rows)
                await writer.WriteAsync(_journal.Read(place), cancellationToken);
            await writer.CommitAsync(cancellationToken);
        }

        _isCommitted = true;
        HasUnfinishedRows = false;
    }

    public void Dispose()
    {
        _journal.Dispose();
        if (_isCommitted || !HasUnfinishedRows)
            File.Delete(JournalPath);
    }

    private static string JournalOf(string path) => path + ".partial";

    // The table's rows go into the journal, so that there is one place to read from. Those that are there already are
    // newer, or the same from an attempt that was interrupted.
    private async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        await using var reader = await TableFile.OpenAsync(_path, _isParquet, cancellationToken);
        await foreach (var row in reader.ReadAsync(cancellationToken))
        {
            if (_identity.Made(row) && !_known.ContainsKey(KeyOf(row)))
                AddKnown(row, _journal.Append(row));
        }
    }

    private void AddKnown(EmbeddingRow row, long place)
    {
        if (_identity.Made(row))
            _known[KeyOf(row)] = place;
    }

    private static UInt128 KeyOf(EmbeddingRow row) => new InputVersion(
        UInt128.Parse(row.Id, NumberStyles.HexNumber, CultureInfo.InvariantCulture), row.Size, row.Modified).Key;
}
