using ClipGrpc.Cli.Inputs;

namespace ClipGrpc.Cli.Output;

/// <summary>The items of a run.</summary>
internal sealed record ItemSource
{
    /// <summary>Read once, as results are needed.</summary>
    public required IAsyncEnumerable<CliInput> Items { get; init; }

    public ItemCounts Counts { get; init; } = new();

    /// <summary>
    /// How many there are, where that is not in <see cref="Counts"/> and can be found out; it runs beside the run and
    /// only if somebody watches.
    /// </summary>
    public Func<CancellationToken, Task<long>>? CountAsync { get; init; }

    public static ItemSource Of(IReadOnlyList<CliInput> inputs) => new()
    {
        Items = inputs.ToAsyncEnumerable(),
        Counts = new ItemCounts { Total = inputs.Count },
    };
}
