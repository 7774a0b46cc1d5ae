namespace ClipGrpc.Models.Tokenizers;

/// <summary>Keeps as many tokens as there is room for, and counts all.</summary>
internal ref struct TokenSink(Span<int> room)
{
    private readonly Span<int> _room = room;

    public readonly int Kept => Math.Min(Total, _room.Length);

    public int Total { get; private set; }

    public void Add(int token) => Add([token]);

    public void Add(scoped ReadOnlySpan<int> tokens)
    {
        var fitting = Math.Min(tokens.Length, _room.Length - Kept);
        tokens[..fitting].CopyTo(_room[Kept..]);
        Total += tokens.Length;
    }
}
