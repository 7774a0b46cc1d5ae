using System.Text.Json;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Tokenizers;

public sealed class GoldenTokenizerTests
{
    [Fact]
    public void Tokenize_GoldenTexts_GivesTheReferenceIds()
    {
        var golden = SharedGolden.PathOrSkip();
        var tokenizer = ClipTokenizer.Load(Path.Combine(golden, "checkpoints", "tiny-gelu-openclip-bf16"), 77, 49_408);
        var lines = File.ReadAllLines(Path.Combine(golden, "tokenizer.jsonl"));
        Assert.NotEmpty(lines);
        foreach (var line in lines)
        {
            using var json = JsonDocument.Parse(line);
            var text = json.RootElement.GetProperty("text").GetString()!;
            var ids = json.RootElement.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32());
            Assert.True(ids.SequenceEqual(tokenizer.Tokenize(text).Ids), $"Other ids than the reference's: {line}");
        }
    }

    // The ids come from models/demo/training/bpe.py.
    [Theory]
    [InlineData("a photo of a cat", new[] { 8190, 320, 709, 532, 320, 920, 8191 })]
    [InlineData("a drawing of the grand piano.", new[] { 8190, 320, 912, 532, 611, 7917, 3762, 269, 8191 })]
    [InlineData(
        "it's 10 red apples & 3 ÉCLAIRS",
        new[] { 8190, 714, 588, 272, 271, 746, 7450, 261, 274, 127, 102, 864, 556, 338, 8191 })]
    [InlineData("猫 😀 zebra-striped", new[] { 8190, 163, 234, 360, 172, 253, 246, 478, 4730, 268, 7799, 8191 })]
    [InlineData(
        "xylophone quixotic zzyzx", new[] { 8190, 3173, 529, 879, 3042, 2673, 914, 1202, 88, 89, 343, 8191 })]
    public void Tokenize_DemoVocabulary_GivesItsTrainingIds(string text, int[] ids)
    {
        var tokenizer = ClipTokenizer.Load(Path.Combine(AppContext.BaseDirectory, "models", "demo"), 32, 8192);
        Assert.Equal(ids, tokenizer.Tokenize(text).Ids);
    }
}
