using System.Runtime.InteropServices;
using System.Text;

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

    /// <param name="word">Not empty, valid UTF-16.</param>
    /// <param name="tokens">At least as long as the word's UTF-8; the tokens are written to its start.</param>
    /// <returns>How many tokens there are.</returns>
    public static int Encode(Vocabulary vocabulary, ReadOnlySpan<char> word, Span<int> tokens)
    {
        var count = SplitIntoBytes(vocabulary, word, tokens);
        return count <= LongestScanned
            ? MergeByScanning(vocabulary, tokens[..count])
            : LongWordMerger.Merge(vocabulary, tokens[..count]);
    }

    private static int SplitIntoBytes(Vocabulary vocabulary, ReadOnlySpan<char> word, Span<int> tokens)
    {
        // The bytes wait at the far end of the same memory, where reading stays ahead of writing.
        var count = Encoding.UTF8.GetByteCount(word);
        var bytes = MemoryMarshal.AsBytes(tokens[..count])[^count..];
        Encoding.UTF8.GetBytes(word, bytes);
        var last = bytes[^1];
        for (var i = 0; i < count - 1; i++)
            tokens[i] = vocabulary.TokenOf(bytes[i]);
        tokens[count - 1] = vocabulary.FinalTokenOf(last);
        return count;
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
