namespace ClipGrpc.Models.Tokenizers;

/// <summary>Keeps as many tokens as there is room for, and counts all.</summary>
/// <param name="countsAll">Tokens are wanted for their number even when the room is full.</param>
internal ref struct TokenSink(Span<int> room, bool countsAll)
{
    private readonly Span<int> _room = room;

    public readonly int Kept => Math.Min(Total, _room.Length);

    public int Total { get; private set; }

    public readonly bool Overflows => Total > _room.Length;

    /// <summary>No further token is wanted.</summary>
    public readonly bool IsDone => Overflows && !countsAll;

    public void Add(int token) => Add([token]);

    public void Add(scoped ReadOnlySpan<int> tokens)
    {
        var fitting = Math.Min(tokens.Length, _room.Length - Kept);
        tokens[..fitting].CopyTo(_room[Kept..]);
        Total += tokens.Length;
    }
}
