using System.Text;
using System.Text.Json;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Tokenizers;

public sealed class VocabularyReaderTests : IDisposable
{
    private const string Sample = "The cat's photo in 10 naïve words 😀";

    private readonly VocabularyFolder _folder = new();

    [Fact]
    public void Load_TokenizerJsonWithTexts_EqualsTheTwoFiles()
    {
        _folder.WriteTokenizer(_folder.Merges);
        AssertSameAsTwoFiles();
    }

    [Fact]
    public void Load_TokenizerJsonWithPairs_EqualsTheTwoFiles()
    {
        _folder.WriteTokenizer(_folder.Merges.Select(merge => merge.Split(' ')));
        AssertSameAsTwoFiles();
    }

    [Fact]
    public void Load_OnlyVocabJsonBesideTokenizerJson_TakesTokenizerJson()
    {
        _folder.Write("vocab.json", "damaged");
        _folder.WriteTokenizer(_folder.Merges);
        AssertSameAsTwoFiles();
    }

    [Fact]
    public void Load_WindowsLineEndsAndMarks_AreTakenAsTheyAre()
    {
        _folder.Write("vocab.json", "\uFEFF" + JsonSerializer.Serialize(_folder.Tokens()));
        _folder.Write("merges.txt", "\uFEFF#version: 0.2\r\n" + string.Join("\r\n", _folder.Merges) + "\r\n\r\n");
        AssertSameAsTwoFiles();
    }

    [Fact]
    public void Load_NoFiles_NamesWhatIsMissing()
    {
        AssertRefused("vocab.json", "merges.txt", "tokenizer.json");
    }

    [Theory]
    [InlineData("", "vocab.json", "line 1")]
    [InlineData("{\"a\": 0,\n\"b\": }", "vocab.json", "line 2")]
    [InlineData("[1, 2]", "vocab.json", "object")]
    [InlineData("{\"a\": \"0\"}", "vocab.json", "'a'")]
    [InlineData("{\"a\": 0.5}", "vocab.json", "'a'")]
    [InlineData("{\"a\": 99999999999}", "vocab.json", "'a'")]
    [InlineData("{\"a\": -1}", "vocab.json", "-1")]
    [InlineData("{\"a\": 0, \"a\": 1}", "vocab.json", "duplicate")]
    [InlineData("{\"a\": 0, \"b\": 0}", "'a'", "'b'")]
    [InlineData("{\"a\": 1}", "none with the id 0")]
    [InlineData("{\"\\ud800\": 0}", "not valid Unicode")]
    [InlineData("{}", "<|endoftext|>")]
    public void Load_BadVocabJson_IsRefusedByName(string vocab, params string[] named)
    {
        _folder.Write("vocab.json", vocab);
        _folder.WriteMerges(_folder.Merges);
        AssertRefused(named);
    }

    [Fact]
    public void Load_DeepJson_IsRefused()
    {
        _folder.Write("vocab.json", new string('[', 100_000));
        _folder.WriteMerges([]);
        AssertRefused("vocab.json", "not valid JSON");
    }

    [Theory]
    [InlineData("x y z", "line 3")]
    [InlineData("xy", "line 3")]
    [InlineData(" x", "line 3")]
    [InlineData("q q", "line 3", "'qq'")]
    [InlineData("nosuch q", "line 3")]
    [InlineData("t h", "line 3", "repeats")]
    public void Load_BadMerge_IsRefusedByLine(string merge, params string[] named)
    {
        _folder.WriteVocab(_folder.Tokens());
        _folder.WriteMerges(["t h", merge]);
        AssertRefused(["merges.txt", .. named]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(12)]
    public void Load_MergesCutOff_AreRefusedWithTheFirstTokenThatTheyDoNotMake(int missing)
    {
        _folder.WriteVocab(_folder.Tokens());
        _folder.WriteMerges(_folder.Merges[..^missing]);
        AssertRefused(
            "merges.txt", $"{missing} of the tokens of vocab.json", _folder.Merges[^missing].Replace(" ", ""),
            "cut off");
    }

    [Fact]
    public void Load_TokenizerJsonWithFewerMerges_IsRefused()
    {
        _folder.WriteTokenizer(_folder.Merges[..^1]);
        AssertRefused("tokenizer.json", "'ing</w>'");
    }

    [Fact]
    public void Load_GenericClassWithTokenizerJson_IsTaken()
    {
        _folder.WriteTokenizer(_folder.Merges);
        _folder.Write("tokenizer_config.json", """{"tokenizer_class":"PreTrainedTokenizerFast"}""");
        AssertSameAsTwoFiles();
    }

    [Fact]
    public void Load_TokenizerJsonWithoutLowercaseBesideTheTwoFiles_IsRefused()
    {
        _folder.WriteVocab(_folder.Tokens());
        _folder.WriteMerges(_folder.Merges);
        _folder.Write("tokenizer.json", """{"normalizer":{"type":"NFC"}}""");
        AssertRefused("tokenizer.json", "'normalizer'", "Lowercase");
    }

    [Fact]
    public void Load_SpecialTokensMapOfAnotherTokenizer_IsRefused()
    {
        _folder.WriteVocab(_folder.Tokens());
        _folder.WriteMerges(_folder.Merges);
        _folder.Write("special_tokens_map.json", """{"eos_token":{"content":"</s>"}}""");
        AssertRefused("special_tokens_map.json", "'eos_token'", "'</s>'");
    }

    [Theory]
    [InlineData("tokenizer_config.json")]
    [InlineData("special_tokens_map.json")]
    public void Load_DamagedSettings_AreRefused(string file)
    {
        _folder.WriteVocab(_folder.Tokens());
        _folder.WriteMerges(_folder.Merges);
        _folder.Write(file, "{\"eos_token\": ");
        AssertRefused(file, "not valid JSON");
        _folder.Write(file, "[]");
        AssertRefused(file, "not a JSON object");
    }

    [Fact]
    public void Load_ShorterModelMaxLength_TruncatesThere()
    {
        _folder.WriteVocab(_folder.Tokens());
        _folder.WriteMerges(_folder.Merges);
        _folder.Write("tokenizer_config.json", """{"model_max_length":4}""");

        var tokens = _folder.Load().Tokenize("the cat the");

        Assert.Equal((4, 5, true), (tokens.Ids.Length, tokens.TokenCount, tokens.Truncated));
    }

    [Fact]
    public void Load_MergesNotUtf8_AreRefused()
    {
        _folder.WriteVocab(_folder.Tokens());
        _folder.Write("merges.txt", [.. Encoding.ASCII.GetBytes("t h\n"), 0xFF, 0xFE]);
        AssertRefused("merges.txt", "UTF-8");
    }

    [Theory]
    [InlineData("a", "0x61")]
    [InlineData("Ł</w>", "0x9F")]
    public void Load_MissingByteToken_IsNamed(string token, string named)
    {
        var tokens = _folder.Tokens();
        tokens["replacement"] = tokens[token];
        tokens.Remove(token);
        _folder.WriteVocab(tokens);
        _folder.WriteMerges([]);
        AssertRefused("vocab.json", token, named);
    }

    [Fact]
    public void Load_MoreTokensThanTheModel_IsRefused()
    {
        _folder.WriteVocab(_folder.Tokens());
        _folder.WriteMerges(_folder.Merges);
        var error = Assert.Throws<ClipException>(
            () => ClipTokenizer.Load(_folder.Path, 77, _folder.Size - 1));
        Assert.Contains($"{_folder.Size} tokens", error.Message);
    }

    [Fact]
    public void Load_FewerTokensThanTheModel_IsTaken()
    {
        _folder.WriteVocab(_folder.Tokens());
        _folder.WriteMerges(_folder.Merges);
        Assert.Equal(3, ClipTokenizer.Load(_folder.Path, 77, _folder.Size + 100).Tokenize("cat").Ids.Length);
    }

    [Fact]
    public void Load_HugeFile_IsRefusedUnread()
    {
        _folder.WriteMerges([]);
        using (var file = File.Create(Path.Combine(_folder.Path, "vocab.json")))
            file.SetLength(33L << 20);
        AssertRefused("vocab.json", "bytes");
    }

    [Theory]
    [InlineData("[]", "'model'")]
    [InlineData("{\"model\": 3}", "'model'")]
    [InlineData("{\"\\ud800\": 1, \"model\": 3}", "")]
    [InlineData("{\"model\": {}}", "'type'")]
    [InlineData("{\"model\": {\"type\": \"Unigram\"}}", "Unigram")]
    [InlineData("{\"model\": {\"type\": \"BPE\", \"end_of_word_suffix\": null}}", "end_of_word_suffix")]
    [InlineData("{\"model\": {\"type\": \"BPE\", \"end_of_word_suffix\": \"@@\"}}", "@@")]
    [InlineData("{\"model\": {\"type\": \"BPE\", \"end_of_word_suffix\": \"</w>\"}}", "'vocab'")]
    [InlineData("{\"model\": {\"type\": \"BPE\", \"end_of_word_suffix\": \"</w>\", \"vocab\": {}}}", "'merges'")]
    [InlineData(
        "{\"model\": {\"type\": \"BPE\", \"end_of_word_suffix\": \"</w>\", \"vocab\": {}, \"merges\": [\"a b\", 3]}}",
        "merge 1")]
    [InlineData(
        "{\"model\": {\"type\": \"BPE\", \"end_of_word_suffix\": \"</w>\", \"vocab\": {}, \"merges\": [[\"a\"]]}}",
        "merge 0")]
    [InlineData(
        "{\"model\": {\"type\": \"BPE\", \"end_of_word_suffix\": \"</w>\", \"vocab\": {\"a\": 0}, \"merges\": []},"
        + "\"added_tokens\": [{\"content\": \"a\", \"id\": 7}]}",
        "0 and 7")]
    public void Load_BadTokenizerJson_IsRefusedByName(string json, string named)
    {
        _folder.Write("tokenizer.json", json);
        AssertRefused("tokenizer.json", named);
    }

    /// <summary>Whatever a file holds: it loads, or it is refused in words.</summary>
    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    [InlineData("tokenizer.json")]
    public void Load_DamagedFile_LoadsOrIsRefused(string name)
    {
        _folder.WriteTokenizer(_folder.Merges);
        if (name != "tokenizer.json")
        {
            _folder.WriteVocab(_folder.Tokens());
            _folder.WriteMerges(_folder.Merges);
        }

        var whole = File.ReadAllBytes(Path.Combine(_folder.Path, name));
        var random = new Random(7);
        var refused = 0;
        for (var run = 0; run < 150; run++)
        {
            _folder.Write(name, Damage(whole, random));
            try
            {
                _folder.Load().Tokenize(Sample);
            }
            catch (ClipException exception)
            {
                Assert.Contains(name, exception.Message);
                refused++;
            }
        }

        Assert.InRange(refused, 30, 150);
    }

    private static byte[] Damage(byte[] whole, Random random)
    {
        var cut = random.Next(3) == 0;
        var damaged = whole[..(cut ? random.Next(whole.Length / 2, whole.Length) : whole.Length)];
        var structural = "\"{}[],:\\u \n"u8;
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            damaged[random.Next(damaged.Length)] =
                random.Next(2) == 0 ? (byte)random.Next(256) : structural[random.Next(structural.Length)];
        }

        return damaged;
    }

    public void Dispose() => _folder.Dispose();

    private void AssertSameAsTwoFiles()
    {
        using var reference = VocabularyFolder.Written();
        Assert.Equal(reference.Load().Tokenize(Sample).Ids, _folder.Load().Tokenize(Sample).Ids);
    }

    private void AssertRefused(params string[] named)
    {
        var error = Assert.Throws<ClipException>(() => _folder.Load());
        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.All(named, name => Assert.Contains(name, error.Message));
    }
}
