using System.Text;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.TestSupport;
using FsCheck.Xunit;

namespace ClipGrpc.Tests.Tokenizers;

public sealed class ClipTokenizerTests : IDisposable
{
    private static readonly string[] Pieces =
    [
        "a", "b", "c", "ab", "cat", "the ", " ", "\n", "\t\r", "    ", "'s", "'", "1", "!", "-", "é", "e\u0301",
        "\u0301", "\u0323", "Σ", "Σ'", "İ", "猫", "犬", "か", "\u3099", "ｶ", "ﾞ", "한", "\u11a7", "\u1112\u1161", "ไ", "😀",
        "\uD800", "&", "amp;", "lt;", "#38;", "&amp;", "&lt;", "&EACUTE;", "<", ">", "<|endoftext|>", "<|", "Ã", "¶",
        "â€™", "ÃƒÂ¶", "\u001b[1", "\u001b", "m", "\u0001", "\u00A0", "\u3000", "\u2028", "ﬁ", "\uD834\uDD5E",
        "\u0345", "ſ",
    ];

    private readonly VocabularyFolder _folder = VocabularyFolder.Written();
    private readonly ClipTokenizer _tokenizer;

    public ClipTokenizerTests() => _tokenizer = _folder.Load();

    [Fact]
    public void Tokenize_KnownWords_UsesTheMerges()
    {
        var ids = _folder.Tokens();
        int[] expected =
        [
            _tokenizer.StartToken, ids["the</w>"], ids["cat</w>"], ids["photo</w>"], ids["in"], ids["s</w>"],
            _tokenizer.EndToken,
        ];
        Assert.Equal(expected, _tokenizer.Tokenize("The cat PHOTO ins").Ids);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   \t\r\n\u3000\u00A0 ")]
    [InlineData("\u0001\u0002\uFEFF")]
    public void Tokenize_NothingToRead_GivesStartAndEnd(string text)
    {
        var tokens = _tokenizer.Tokenize(text);
        Assert.Equal([_tokenizer.StartToken, _tokenizer.EndToken], tokens.Ids);
        Assert.Equal(2, tokens.TokenCount);
        Assert.False(tokens.Truncated);
    }

    [Theory]
    [InlineData("<|startoftext|> a <|ENDOFTEXT|>")]
    [InlineData("<|startoftext|>a<|endoftext|>")]
    public void Tokenize_SpecialTokensInText_AreTheirIds(string text)
    {
        int[] expected =
        [
            _tokenizer.StartToken, _tokenizer.StartToken, _folder.Tokens()["a</w>"], _tokenizer.EndToken,
            _tokenizer.EndToken,
        ];
        Assert.Equal(expected, _tokenizer.Tokenize(text).Ids);
    }

    [Fact]
    public void Tokenize_OtherSpecialTokens_AreTakenFromTheVocabulary()
    {
        using var folder = new VocabularyFolder(start: "<start_of_text>", end: "<end_of_text>");
        folder.WriteVocab(folder.Tokens());
        folder.WriteMerges(folder.Merges);
        Assert.Equal("<start_of_text> a <| endoftext |>", folder.Words("<start_of_text>a <|endoftext|>"));
    }

    [Fact]
    public void Tokenize_ExactlyTheContext_IsNotTruncated()
    {
        var tokens = _folder.Load(contextLength: 5).Tokenize("the cat the");
        Assert.Equal(5, tokens.Ids.Length);
        Assert.False(tokens.Truncated);
    }

    [Fact]
    public void Tokenize_BeyondTheContext_KeepsTheEndTokenLastAndCountsAll()
    {
        var ids = _folder.Tokens();
        var tokens = _folder.Load(contextLength: 5).Tokenize("the cat photo 123");
        Assert.Equal(
            [_tokenizer.StartToken, ids["the</w>"], ids["cat</w>"], ids["photo</w>"], _tokenizer.EndToken], tokens.Ids);
        Assert.Equal(8, tokens.TokenCount);
        Assert.True(tokens.Truncated);
    }

    [Fact]
    public void Tokenize_LongContext_KeepsAll()
    {
        var tokens = _folder.Load(contextLength: 2_000).Tokenize(string.Join(' ', Enumerable.Repeat("cat", 1_500)));
        Assert.Equal(1_502, tokens.Ids.Length);
    }

    [Theory]
    [InlineData('!', 1_024)]
    [InlineData('猫', 3_072)]
    [InlineData('\u0301', 2_048)]
    [InlineData('1', 1_024)]
    [InlineData('&', 1_024)]
    [InlineData('a', 255 + 3)] // 255 times aaaa, then aa, a and a</w>
    public void Tokenize_OneLetter1024Times_CountsItsTokens(char letter, int expected)
    {
        var tokens = _tokenizer.Tokenize(new string(letter, 1_024));
        Assert.Equal(expected + 2, tokens.TokenCount);
        Assert.Equal(77, tokens.Ids.Length);
        Assert.False(tokens.ReadPartly);
        Assert.Equal(_tokenizer.EndToken, tokens.Ids[^1]);
    }

    [Fact]
    public void Tokenize_LoneSurrogate1024Times_CountsItsTokens()
    {
        Assert.Equal(3_074, _tokenizer.Tokenize(new string('\uD800', 1_024)).TokenCount);
    }

    [Theory]
    [InlineData("!")]
    [InlineData("猫")]
    [InlineData("\u0301")]
    [InlineData("1")]
    [InlineData("the cat ")]
    [InlineData("qz")]
    [InlineData("日本 ")]
    public void Tokenize_TextFarBeyondTheContext_IsReadOnlyPartly(string piece)
    {
        var tokens = _tokenizer.Tokenize(string.Concat(Enumerable.Repeat(piece, 100_000)));
        Assert.True(tokens.Truncated);
        Assert.True(tokens.ReadPartly);
        Assert.InRange(tokens.TokenCount, 78, 10_000);
        Assert.Equal(_tokenizer.Tokenize(string.Concat(Enumerable.Repeat(piece, 120))).Ids, tokens.Ids);
    }

    [Fact]
    public void Tokenize_LongTextThatFits_IsCountedToItsEnd()
    {
        var tokens = _tokenizer.Tokenize("the" + new string(' ', 100_000) + "cat" + new string('\n', 100_000) + "the");
        Assert.Equal((5, 5, false), (tokens.Ids.Length, tokens.TokenCount, tokens.ReadPartly));
    }

    [Fact]
    public void Tokenize_TagFarBehindTheContext_StillDecidesHowEntitiesOfItsLineAreRead()
    {
        var start = "&EACUTE; " + string.Concat(Enumerable.Repeat("cat ", 5_000));
        var entity = _tokenizer.Tokenize("é").Ids[1];

        Assert.Equal(entity, _tokenizer.Tokenize(start + "\n<").Ids[1]);
        Assert.NotEqual(entity, _tokenizer.Tokenize(start + "<").Ids[1]);
    }

    /// <summary>Against a context so long that every text is read to its end.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(77)]
    [InlineData(248)]
    public void Tokenize_RandomLongTexts_GivesTheStartOfTheWholeTextsIds(int context)
    {
        using var folder = VocabularyFolder.Written([.. VocabularyFolder.SmallMerges, "a b", "ab ab", "c ab", "b a"]);
        var whole = folder.Load(1 << 17);
        var cut = folder.Load(context);
        var random = new Random(context);
        for (var run = 0; run < 200; run++)
        {
            var text = MakeText(random);
            var expected = whole.Tokenize(text).Ids;
            var tokens = cut.Tokenize(text);
            var kept = Math.Min(expected.Length, context) - 1;
            Assert.Equal(expected[..kept], tokens.Ids[..kept]);
            Assert.Equal(expected.Length > context, tokens.Truncated);
            Assert.InRange(tokens.TokenCount, tokens.ReadPartly ? context + 1 : expected.Length, expected.Length);
        }
    }

    private static string MakeText(Random random)
    {
        // Few pieces in each text, so that runs without spaces, marks and entities get long.
        string[] pieces = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Pieces[random.Next(Pieces.Length)])];
        var text = new StringBuilder();
        var length = random.Next(900, 6_000);
        while (text.Length < length)
            text.Append(pieces[random.Next(pieces.Length)]);
        return text.ToString();
    }

    [Fact]
    public void Tokenize_DeeplyNestedEntities_AreDecodedToTheLast()
    {
        var text = "&" + string.Concat(Enumerable.Repeat("amp;", 25_000)) + "lt;";
        Assert.Equal(
            [_tokenizer.StartToken, _folder.Tokens()["<</w>"], _tokenizer.EndToken], _tokenizer.Tokenize(text).Ids);
    }

    [Fact(Timeout = 60_000)]
    public async Task Tokenize_FromManyThreads_GivesTheSameAsFromOne()
    {
        var texts = Enumerable.Range(0, 500)
            .Select(i => $"the cat {i} photo{i % 7} köln {i * 31 % 13} naïve")
            .ToArray();
        var expected = texts.Select(text => _folder.Load().Tokenize(text).Ids).ToArray();
        var shared = _folder.Load();
        var runs = Enumerable.Range(0, 8).Select(seed => Task.Run(() =>
        {
            for (var i = 0; i < texts.Length; i++)
            {
                var index = (i * 7 + seed * 61) % texts.Length;
                Assert.Equal(expected[index], shared.Tokenize(texts[index]).Ids);
            }
        }, TestContext.Current.CancellationToken));
        await Task.WhenAll(runs);
    }

    [Property(MaxTest = 500)]
    public bool Tokenize_AnyString_StartsEndsAndFits(string? text, ushort[] units)
    {
        return Holds(text ?? "") && Holds(new string(units.Select(unit => (char)unit).ToArray()));

        bool Holds(string any)
        {
            var tokens = _tokenizer.Tokenize(any);
            return tokens.Ids[0] == _tokenizer.StartToken && tokens.Ids[^1] == _tokenizer.EndToken
                && tokens.Ids.Length == Math.Min(tokens.TokenCount, 77)
                && tokens.Ids.SequenceEqual(_tokenizer.Tokenize(any).Ids);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(int.MaxValue)]
    public void Load_ImpossibleContextLength_IsRefused(int contextLength)
    {
        var error = Assert.Throws<ClipException>(() => _folder.Load(contextLength));
        Assert.Contains("context length", error.Message);
    }

    public void Dispose() => _folder.Dispose();
}
