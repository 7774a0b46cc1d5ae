namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// Byte-pair encoding of one word: in each round the neighbouring pair of the lowest rank is merged wherever it
/// stands, from left to right, until no pair is left to merge.
/// </summary>
internal static class WordEncoder
{
    // Up to here rescanning a small array is cheaper than keeping a heap; above it the square would be felt.
    public const int LongestScanned = 64;

    private const int NoMerge = int.MaxValue;
    private const int Unknown = -1;

    /// <summary>
    /// Where the first part of a word ends that is encoded independently of the rest, because no token holds its last
    /// byte and the next.
    /// </summary>
    /// <param name="bytes">UTF-8 of a word or of the end of one; not empty.</param>
    public static int LengthOfPart(Vocabulary vocabulary, ReadOnlySpan<byte> bytes)
    {
        var length = 1;
        while (length < bytes.Length && vocabulary.MayJoin(bytes[length - 1], bytes[length]))
            length++;
        return length;
    }

    /// <param name="bytes">UTF-8 of a word or of a part of one; not empty.</param>
    /// <param name="isEnd">The word ends with these bytes.</param>
    /// <param name="tokens">At least as long as the bytes; the tokens are written to its start.</param>
    /// <returns>How many tokens there are.</returns>
    public static int Encode(Vocabulary vocabulary, ReadOnlySpan<byte> bytes, bool isEnd, Span<int> tokens)
    {
        tokens = tokens[..bytes.Length];
        for (var i = 0; i < bytes.Length; i++)
            tokens[i] = vocabulary.TokenOf(bytes[i]);
        if (isEnd)
            tokens[^1] = vocabulary.FinalTokenOf(bytes[^1]);
        return bytes.Length <= LongestScanned
            ? MergeByScanning(vocabulary, tokens)
            : LongWordMerger.Merge(vocabulary, tokens);
    }

    private static int MergeByScanning(Vocabulary vocabulary, Span<int> tokens)
    {
        Span<Merge> merges = stackalloc Merge[LongestScanned];
        merges[..tokens.Length].Fill(new Merge(Unknown, 0));
        var count = tokens.Length;
        while (true)
        {
            var best = LookUp(vocabulary, tokens[..count], merges);
            if (best.Rank == NoMerge)
                return count;
            count = Apply(best, tokens[..count], merges);
        }
    }

    /// <summary>Fills the gaps in <paramref name="merges"/>, where [i] is that of tokens i and i + 1.</summary>
    private static Merge LookUp(Vocabulary vocabulary, ReadOnlySpan<int> tokens, Span<Merge> merges)
    {
        var best = new Merge(NoMerge, 0);
        for (var i = 0; i + 1 < tokens.Length; i++)
        {
            if (merges[i].Rank == Unknown && !vocabulary.TryMerge(tokens[i], tokens[i + 1], out merges[i]))
                merges[i] = new Merge(NoMerge, 0);
            if (merges[i].Rank < best.Rank)
                best = merges[i];
        }

        return best;
    }

    private static int Apply(Merge best, Span<int> tokens, Span<Merge> merges)
    {
        var written = 0;
        for (var read = 0; read < tokens.Length; read++, written++)
        {
            var merge = read + 1 < tokens.Length && merges[read].Rank == best.Rank;
            tokens[written] = merge ? best.Token : tokens[read];
            merges[written] = merge ? new Merge(Unknown, 0) : merges[read];
            if (!merge)
                continue;
            if (written > 0)
                merges[written - 1] = new Merge(Unknown, 0);
            read++;
        }

        return written;
    }
}
