using System.Text;
using System.Text.Json;
using ClipGrpc.Server.Text;

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
        "a", "of", "the", "in", "on", "photo", "picture", "drawing", "number", "cat", "dog", "red", "blue", "green",
        "small", "large", "house", "street", "table", "apple", "pizza", "rocket", "guitar", "umbrella", "penguin",
    ];

    /// <summary>Writes <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    public static void Write(string folder)
    {
        var merges = Merges();
        var bytes = Enumerable.Range(0, 256).Select(value => ByteAlphabet.SymbolOf((byte)value).ToString()).ToList();
        IEnumerable<string> tokens =
        [
            .. bytes, .. bytes.Select(symbol => symbol + EndOfWord), .. merges.Select(merge => merge.Left + merge.Right),
            StartToken, EndToken,
        ];
        var ids = tokens.Distinct().Select((token, id) => (token, id)).ToDictionary();
        File.WriteAllText(Path.Combine(folder, "vocab.json"), JsonSerializer.Serialize(ids));

        var lines = new StringBuilder("#version: 0.2\n");
        foreach (var (left, right) in merges)
            lines.Append(left).Append(' ').Append(right).Append('\n');
        File.WriteAllText(Path.Combine(folder, "merges.txt"), lines.ToString());
    }

    // Each word grows from its left: p+h, ph+o, …, phot+o</w>.
    private static List<(string Left, string Right)> Merges()
    {
        var merges = new List<(string, string)>();
        foreach (var word in Words)
        {
            for (var length = 1; length < word.Length; length++)
            {
                var right = word[length].ToString() + (length == word.Length - 1 ? EndOfWord : "");
                if (!merges.Contains((word[..length], right)))
                    merges.Add((word[..length], right));
            }
        }

        return merges;
    }
}
