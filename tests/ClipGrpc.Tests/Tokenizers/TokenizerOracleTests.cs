using System.Text.RegularExpressions;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.TestSupport;
using Microsoft.ML.Tokenizers;

namespace ClipGrpc.Tests.Tokenizers;

/// <summary>
/// The cutting into words and the merges against another implementation, that of Microsoft.ML.Tokenizers, which gets
/// the cleaned texts. Left out is what .NET's regular expressions, which make its words, read unlike the reference's:
/// letters beyond the Basic Multilingual Plane, which are two halves to them, and ſ as another s.
/// </summary>
public sealed partial class TokenizerOracleTests
{
    private const int Texts = 3_000;

    private static readonly string Demo = Path.Combine(AppContext.BaseDirectory, "models", "demo");

    private static readonly string[] Pieces =
    [
        "a photo of a ", "THE ", "cat", "zebra-striped", "it's ", "we'll've", "I'D ", "grand piano. ", "  ", "\t", "\n",
        "!!!", "?", "...", "--", "(", ")", "&", "#", "_", "'", "\"", "1", "42", "2024", "½", "Ⅷ", "³",
        "é", "É", "ü", "ß", "İ", "Σ", "ΣΑΣ ", "naïve", "cafe\u0301",
        "привет ", "мир", "猫", "日本語", "한국어", "ไทย", "العربية", "😀", "👩‍👩‍👧", "❤️",
        "\u00A0", "\u200B", "<", ">", "<|", "|>", "$9.99", "@home", "http://x.y/z?q=1",
    ];

    [Fact]
    public void Tokenize_RandomTexts_GivesTheOraclesIds()
    {
        // Without the demo's settings, which truncate long texts.
        using var folder = new TemporaryFolder();
        foreach (var file in (ReadOnlySpan<string>)["vocab.json", "merges.txt"])
            File.Copy(Path.Combine(Demo, file), folder.PathOf(file));
        var tokenizer = ClipTokenizer.Load(folder.Path, 4_096, 8_192);
        var oracle = BpeTokenizer.Create(
            new BpeOptions(Path.Combine(Demo, "vocab.json"), Path.Combine(Demo, "merges.txt"))
            {
                ByteLevel = true,
                EndOfWordSuffix = "</w>",
                PreTokenizer = new RegexPreTokenizer(Words(), null),
            });
        var random = new Random(31);
        for (var i = 0; i < Texts; i++)
        {
            var text = MakeText(random);

            var expected = oracle.EncodeToIds(TextCleaner.Clean(text));

            var actual = tokenizer.Tokenize(text).Ids[1..^1];
            Assert.True(expected.SequenceEqual(actual), $"Other ids than the oracle's: \"{text}\"");
        }
    }

    private static string MakeText(Random random) => string.Concat(
        Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(4) == 0
            ? new string([.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => (char)random.Next('!', '~'))])
            : Pieces[random.Next(Pieces.Length)]));

    [GeneratedRegex(
        @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}
