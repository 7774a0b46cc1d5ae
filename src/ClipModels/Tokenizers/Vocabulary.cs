using System.Collections;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>The tokens and merges of a model, checked: every text can be written with them.</summary>
internal sealed class Vocabulary
{
    private readonly int[] _byteTokens;
    private readonly int[] _finalByteTokens;
    private readonly Dictionary<long, Merge> _merges;
    private readonly BitArray _neighbors;

    /// <param name="byteTokens">256; the token of each byte inside a word.</param>
    /// <param name="finalByteTokens">256; the token of each byte at the end of a word.</param>
    /// <param name="merges">By <see cref="PairOf"/>.</param>
    /// <param name="neighbors">65,536; by first byte × 256 + second: whether a merge makes a token of both.</param>
    public Vocabulary(
        int[] byteTokens, int[] finalByteTokens, Dictionary<long, Merge> merges, BitArray neighbors,
        SpecialToken start, SpecialToken end)
    {
        _byteTokens = byteTokens;
        _finalByteTokens = finalByteTokens;
        _merges = merges;
        _neighbors = neighbors;
        Start = start;
        End = end;
    }

    public SpecialToken Start { get; }

    public SpecialToken End { get; }

    public static long PairOf(int left, int right) => ((long)left << 32) | (uint)right;

    public int TokenOf(byte value) => _byteTokens[value];

    public int FinalTokenOf(byte value) => _finalByteTokens[value];

    /// <summary>
    /// Whether any token holds these bytes one after the other. Where none does, no merge crosses, and the parts of a
    /// word are encoded independently of each other.
    /// </summary>
    public bool MayJoin(byte first, byte second) => _neighbors[(first << 8) | second];

    public bool TryMerge(int left, int right, out Merge merge) => _merges.TryGetValue(PairOf(left, right), out merge);
}
