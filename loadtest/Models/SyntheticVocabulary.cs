using System.Text;
using System.Text.Json;
using ClipGrpc.Models.Tokenizers;

namespace ClipGrpc.LoadTest.Models;

/// <summary>
/// A small byte-level vocabulary: every byte, and merges that make one token of each of the words that the load tests
/// use, so that their texts have about as many tokens as with CLIP's own vocabulary.
/// </summary>
internal static class SyntheticVocabulary
{
    private const string EndOfWord = "</w>";
    private const string StartToken = "<|startoftext|>";
    private const string EndToken = "<|endoftext|>";

    public static IReadOnlyList<string> Words { get; } =
    [
        "a", "of", "the", "in", "on", "photo", "image", "drawing", "number", "cat", "dog", "red", "blue", "green",
        "small", "large", "house", "street", "table", "apple", "pizza", "rocket", "guitar", "umbrella", "penguin",
    ];

    /// <summary>Writes <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    public static void Write(string folder)
    {
        var merges = Merges();
        var bytes = Enumerable.Range(0, 256).Select(value => ByteAlphabet.SymbolOf((byte)value).ToString()).ToList();
        IEnumerable<string> tokens =
        [
            .. bytes, .. bytes.Select(symbol => symbol + EndOfWord),
            .. merges.Select(merge => merge.Left + merge.Right),
            StartToken, EndToken,
        ];
        var ids = tokens.Distinct().Select((token, id) => (token, id)).ToDictionary();
        File.WriteAllText(Path.Combine(folder, "vocab.json"), JsonSerializer.Serialize(ids));

        var lines = new StringBuilder("#version: 0.2\n");
        foreach (var (left, right) in merges)
            lines.Append(left).Append(' ').Append(right).Append('\n');
        File.WriteAllText(Path.Combine(folder, "merges.txt"), lines.ToString());
    }

    // Words in turns: what the merges so far leave of a word in pieces is joined from the left by new ones. Those come
    // after all others, so that the words before stay whole.
    private static List<(string Left, string Right)> Merges()
    {
        var merges = new List<(string Left, string Right)>();
        foreach (var word in Words)
        {
            for (var pieces = Encode(word, merges); pieces.Count > 1; pieces = Encode(word, merges))
                merges.Add((pieces[0], pieces[1]));
        }

        return merges;
    }

    private static List<string> Encode(string word, List<(string Left, string Right)> merges)
    {
        var pieces = word.Select(letter => letter.ToString()).ToList();
        pieces[^1] += EndOfWord;
        while (true)
        {
            var ranks = Enumerable.Range(0, pieces.Count - 1)
                .Select(i => (Rank: merges.IndexOf((pieces[i], pieces[i + 1])), At: i))
                .Where(pair => pair.Rank >= 0).ToList();
            if (ranks.Count == 0)
                return pieces;

            var at = ranks.Min().At;
            pieces[at] += pieces[at + 1];
            pieces.RemoveAt(at + 1);
        }
    }
}
