using System.Buffers;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// The merging of <see cref="WordEncoder"/> for words of any length, in n·log n: a linked list of tokens and a heap of
/// their pairs by rank, then place. The result is the same.
/// </summary>
internal ref struct LongWordMerger
{
    private const int End = -1;
    private const int Gone = -1;

    private readonly Vocabulary _vocabulary;
    private readonly Span<int> _tokens;
    private readonly Span<int> _previous;
    private readonly Span<int> _next;
    private readonly PriorityQueue<Candidate, long> _candidates;

    private LongWordMerger(Vocabulary vocabulary, Span<int> tokens, Span<int> previous, Span<int> next)
    {
        _vocabulary = vocabulary;
        _tokens = tokens;
        _previous = previous;
        _next = next;
        _candidates = new PriorityQueue<Candidate, long>(tokens.Length);
    }

    /// <summary>Merges in place and returns how many tokens are left at the start.</summary>
    public static int Merge(Vocabulary vocabulary, Span<int> tokens)
    {
        var links = ArrayPool<int>.Shared.Rent(2 * tokens.Length);
        var merger = new LongWordMerger(
            vocabulary, tokens, links.AsSpan(0, tokens.Length), links.AsSpan(tokens.Length, tokens.Length));
        merger.Link();
        merger.MergeAll();
        var count = merger.Compact();
        ArrayPool<int>.Shared.Return(links);
        return count;
    }

    private readonly void Link()
    {
        for (var i = 0; i < _tokens.Length; i++)
        {
            _previous[i] = i - 1;
            _next[i] = i + 1 < _tokens.Length ? i + 1 : End;
        }

        for (var i = 0; i < _tokens.Length; i++)
            Offer(i);
    }

    // A whole round is taken off the heap before it is merged: what it makes possible, even at a lower rank, is the
    // next round's.
    private readonly void MergeAll()
    {
        var round = new List<Candidate>();
        while (_candidates.TryPeek(out _, out var first))
        {
            round.Clear();
            while (_candidates.TryPeek(out _, out var priority) && RankOf(priority) == RankOf(first))
                round.Add(_candidates.Dequeue());
            foreach (var candidate in round)
                Apply(candidate);
        }
    }

    private readonly void Apply(Candidate candidate)
    {
        var place = candidate.Place;
        var right = _next[place];
        var stale = _tokens[place] != candidate.Left || right == End || _tokens[right] != candidate.Right;
        if (stale)
            return;

        _tokens[place] = candidate.Merged;
        _tokens[right] = Gone;
        _next[place] = _next[right];
        if (_next[place] != End)
            _previous[_next[place]] = place;
        Offer(place);
        if (_previous[place] != End)
            Offer(_previous[place]);
    }

    private readonly void Offer(int place)
    {
        var right = _next[place];
        if (right == End || !_vocabulary.TryMerge(_tokens[place], _tokens[right], out var merge))
            return;
        var candidate = new Candidate(place, _tokens[place], _tokens[right], merge.Token);
        _candidates.Enqueue(candidate, PriorityOf(merge.Rank, place));
    }

    // One number compares much faster than a pair.
    private static long PriorityOf(int rank, int place) => ((long)rank << 32) | (uint)place;

    private static int RankOf(long priority) => (int)(priority >> 32);

    private readonly int Compact()
    {
        var count = 0;
        for (var place = 0; place != End; place = _next[place])
            _tokens[count++] = _tokens[place];
        return count;
    }

    private readonly record struct Candidate(int Place, int Left, int Right, int Merged);
}
