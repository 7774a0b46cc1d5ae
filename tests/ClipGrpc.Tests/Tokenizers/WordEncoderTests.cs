using System.Text;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Tokenizers;

public sealed class WordEncoderTests
{
    // "ba b" ranks below "a b", of which it is made: a merge that becomes possible must wait for the next round.
    private static readonly string[] Crossing =
        ["ab ab", "b a", "a b", "a a", "ba b", "ab b</w>", "aa a", "c ab", "a b</w>", "aa aa", "abab c"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(WordEncoder.LongestScanned - 1)]
    [InlineData(WordEncoder.LongestScanned)]
    [InlineData(WordEncoder.LongestScanned + 1)]
    [InlineData(400)]
    public void Encode_RandomWords_MergesAsTheDefinitionDoes(int length)
    {
        using var folder = VocabularyFolder.Written(Crossing);
        var source = VocabularyReader.Read(folder.Path);
        var vocabulary = VocabularyBuilder.Build(source, folder.Size);
        var random = new Random(length);
        for (var run = 0; run < 200; run++)
        {
            var word = string.Concat(Enumerable.Range(0, length).Select(_ => "aabbc"[random.Next(5)]));
            var tokens = new int[length];
            var count = WordEncoder.Encode(vocabulary, Encoding.UTF8.GetBytes(word), isEnd: true, tokens);
            Assert.Equal(Define(source, word), tokens[..count]);
        }
    }

    [Fact]
    public void Encode_EveryByte_IsItsOwnToken()
    {
        using var folder = VocabularyFolder.Written([]);
        var vocabulary = VocabularyBuilder.Build(VocabularyReader.Read(folder.Path), folder.Size);
        var tokens = new int[4];
        Assert.Equal(4, WordEncoder.Encode(vocabulary, "😀"u8, isEnd: true, tokens));
        Assert.Equal([0xF0, 0x9F, 0x98, 256 + 0x80], tokens);
    }

    /// <summary>The definition: the best pair of all, everywhere, again and again.</summary>
    private static int[] Define(VocabularySource source, string word)
    {
        var ranks = source.Merges.Select((merge, rank) => ((merge.Left, merge.Right), rank)).ToDictionary();
        List<string> parts = [.. word[..^1].Select(c => c.ToString()), word[^1] + "</w>"];
        while (true)
        {
            var known = parts.Zip(parts.Skip(1)).Where(ranks.ContainsKey).ToArray();
            if (known.Length == 0)
                return parts.Select(part => source.Tokens[part]).ToArray();
            var best = known.MinBy(pair => ranks[pair]);
            for (var i = 0; i + 1 < parts.Count; i++)
            {
                if ((parts[i], parts[i + 1]) != best)
                    continue;
                parts[i] += parts[i + 1];
                parts.RemoveAt(i + 1);
            }
        }
    }
}
