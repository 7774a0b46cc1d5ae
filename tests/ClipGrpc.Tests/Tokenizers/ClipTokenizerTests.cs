using ClipGrpc.Models.Tokenizers;
using ClipGrpc.TestSupport;
using FsCheck.Xunit;

namespace ClipGrpc.Tests.Tokenizers;

public sealed class ClipTokenizerTests : IDisposable
{
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
    [InlineData('!', 100_000)]
    [InlineData('猫', 300_000)]
    [InlineData('\u0301', 200_000)]
    [InlineData('1', 100_000)]
    [InlineData('&', 100_000)]
    [InlineData('a', 24_999 + 3)] // 24,999 times aaaa, then aa, a and a</w>
    public void Tokenize_OneLetter100000Times_CountsItsTokens(char letter, int expected)
    {
        var tokens = _tokenizer.Tokenize(new string(letter, 100_000));
        Assert.Equal(expected + 2, tokens.TokenCount);
        Assert.Equal(77, tokens.Ids.Length);
        Assert.Equal(_tokenizer.EndToken, tokens.Ids[^1]);
    }

    [Fact]
    public void Tokenize_LoneSurrogate100000Times_CountsItsTokens()
    {
        Assert.Equal(300_002, _tokenizer.Tokenize(new string('\uD800', 100_000)).TokenCount);
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
