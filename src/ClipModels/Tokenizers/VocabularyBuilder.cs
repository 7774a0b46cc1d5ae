using System.Collections;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>Checks that tokens and merges fit together and makes them a <see cref="Vocabulary"/>.</summary>
internal static class VocabularyBuilder
{
    public const string EndOfWord = "</w>";

    // Two spellings are in use; the second is the older one of OpenCLIP.
    private static readonly (string Start, string End)[] SpecialTokens =
        [("<|startoftext|>", "<|endoftext|>"), ("<start_of_text>", "<end_of_text>")];

    /// <exception cref="ClipException">
    /// Something is missing or contradictory; the message names file and token.
    /// </exception>
    public static Vocabulary Build(VocabularySource source, int vocabularySize)
    {
        CheckIds(source, vocabularySize);
        var (start, end) = FindSpecialTokens(source);
        var bytes = FindByteTokens(source, "");
        var finalBytes = FindByteTokens(source, EndOfWord);
        var merges = RankMerges(source);
        CheckComplete(
            source, [.. bytes, .. finalBytes, start.Id, end.Id, .. merges.Values.Select(merge => merge.Token)]);
        return new Vocabulary(bytes, finalBytes, merges, FindNeighbors(source), start, end);
    }

    private static void CheckIds(VocabularySource source, int vocabularySize)
    {
        var count = source.Tokens.Count;
        if (count > vocabularySize)
        {
            throw VocabularyError.In(
                source.TokensFile, $"has {count} tokens, but the model's vocabulary has {vocabularySize}");
        }

        var owners = new string?[count];
        foreach (var (token, id) in source.Tokens)
        {
            if (id < 0 || id >= vocabularySize)
            {
                throw VocabularyError.In(
                    source.TokensFile,
                    $"gives token {VocabularyError.Quote(token)} the id {id}, outside 0 to {vocabularySize - 1}");
            }

            if (id >= count)
                continue;
            if (owners[id] is { } owner)
            {
                throw VocabularyError.In(
                    source.TokensFile,
                    $"gives the id {id} to {VocabularyError.Quote(owner)} and to {VocabularyError.Quote(token)}");
            }

            owners[id] = token;
        }

        // As many tokens as ids: an id beyond the count leaves a hole below it.
        var missing = Array.IndexOf(owners, null);
        if (missing >= 0)
            throw VocabularyError.In(source.TokensFile, $"has {count} tokens, but none with the id {missing}");
    }

    private static (SpecialToken Start, SpecialToken End) FindSpecialTokens(VocabularySource source)
    {
        foreach (var (start, end) in SpecialTokens)
        {
            if (source.Tokens.TryGetValue(start, out var startId) && source.Tokens.TryGetValue(end, out var endId))
                return (new SpecialToken(start, startId), new SpecialToken(end, endId));
        }

        var wanted = string.Join(" or ", SpecialTokens.Select(pair => $"'{pair.Start}' and '{pair.End}'"));
        throw VocabularyError.In(source.TokensFile, $"lacks the start and end tokens {wanted}");
    }

    private static int[] FindByteTokens(VocabularySource source, string suffix)
    {
        var ids = new int[256];
        for (var value = 0; value < ids.Length; value++)
        {
            var token = ByteAlphabet.SymbolOf((byte)value) + suffix;
            if (!source.Tokens.TryGetValue(token, out ids[value]))
                throw VocabularyError.In(source.TokensFile, $"lacks the token '{token}' of byte 0x{value:X2}");
        }

        return ids;
    }

    private static Dictionary<long, Merge> RankMerges(VocabularySource source)
    {
        var merges = new Dictionary<long, Merge>(source.Merges.Count);
        foreach (var (left, right, place) in source.Merges)
        {
            var merged = Find(source, left + right, place);
            var pair = Vocabulary.PairOf(Find(source, left, place), Find(source, right, place));
            if (!merges.TryAdd(pair, new Merge(merges.Count, merged)))
            {
                throw VocabularyError.In(
                    place, $"repeats the merge of {VocabularyError.Quote(left)} and {VocabularyError.Quote(right)}");
            }
        }

        return merges;
    }

    /// <summary>The bytes on both sides of each merge: neighbors in its token and in all made of it.</summary>
    private static BitArray FindNeighbors(VocabularySource source)
    {
        var neighbors = new BitArray(1 << 16);
        foreach (var (left, right, _) in source.Merges)
            neighbors[(ByteAlphabet.ByteOf(left[^1]) << 8) | ByteAlphabet.ByteOf(right[0])] = true;
        return neighbors;
    }

    /// <summary>A token that no merge makes shows that merges are missing, most likely the end of their file.</summary>
    private static void CheckComplete(VocabularySource source, HashSet<int> made)
    {
        if (made.Count == source.Tokens.Count)
            return;

        var missing = source.Tokens.Where(token => !made.Contains(token.Value)).OrderBy(token => token.Value).ToArray();
        throw VocabularyError.In(
            source.MergesFile,
            $"has {source.Merges.Count:N0} merges, which do not produce {missing.Length:N0} of the tokens of "
            + $"{source.TokensFile}, the first of them {VocabularyError.Quote(missing[0].Key)}: the file is cut "
            + "off, or it belongs to another vocabulary. Copy or download it again");
    }

    private static int Find(VocabularySource source, string token, string place)
    {
        return source.Tokens.TryGetValue(token, out var id)
            ? id
            : throw VocabularyError.In(
                place, $"needs the token {VocabularyError.Quote(token)}, which {source.TokensFile} lacks");
    }
}
