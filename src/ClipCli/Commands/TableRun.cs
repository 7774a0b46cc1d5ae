using System.Runtime.CompilerServices;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Cli.Output;
using ClipGrpc.Cli.Tables;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary>Adds a row to a table for each input that it does not have yet.</summary>
internal sealed class TableRun(EmbeddingTable table, TableIdentity identity, ItemCounts counts)
{
    public async IAsyncEnumerable<CliInput> LeaveOutKnownAsync(
        IAsyncEnumerable<CliInput> inputs, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var input in inputs.WithCancellation(cancellationToken))
        {
            var version = InputVersion.Of(input);
            if (table.AddRow(version, out var row))
                counts.AddReused();
            else
                yield return input with { Row = row, Version = version };
        }
    }

    public void Write(CliInput input, ClipResult<ClipEmbedding> result)
    {
        var version = input.Version!;
        var embedding = result.IsSuccess ? result.Value : null;
        table.Write(input.Row, new EmbeddingRow
        {
            Id = version.Id.ToString("x32"),
            Path = input.IsText ? null : input.Name,
            Text = input.IsText ? input.Name : null,
            Model = identity.Model,
            Revision = identity.Revision,
            Precision = identity.Precision,
            TokenCount = input.IsText ? embedding?.TokenCount : null,
            Truncated = embedding?.Truncated,
            Size = version.Size,
            Modified = version.Modified,
            Error = result.Error?.Message,
            Vector = embedding?.Vector ?? default,
        });
    }
}
