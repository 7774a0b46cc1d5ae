using System.Runtime.InteropServices;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.LoadTest;
using ClipGrpc.LoadTest.Data;
using ClipGrpc.LoadTest.Models;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.TestSupport;
using Architecture = ClipGrpc.LoadTest.Models.Architecture;
using SyntheticCheckpoint = ClipGrpc.LoadTest.Models.SyntheticCheckpoint;

namespace ClipGrpc.FunctionalTests.LoadTest;

public class SyntheticCheckpointTests
{
    private const string Id = "synthetic/tiny-gelu";

    private static readonly ClipConfig Small = Architecture.Find("ViT-B-32") with
    {
        EmbeddingDimensions = 16,
        Vision = new TowerConfig(2, 64, 1, 256),
        Text = new TowerConfig(3, 64, 1, 256),
        PatchSize = 8,
        VocabularySize = 1000,
        ContextLength = 20,
        Image = new ImageTransform(16, CropRounding.HalfEven),
    };

    [Fact]
    public void Write_EveryTensor_HasTheValuesOfTheFormula()
    {
        using var folder = new TemporaryFolder();
        SyntheticCheckpoint.Write(folder.Path, Small, Id);

        using var checkpoint = ClipCheckpoint.Open(folder.Path);

        foreach (var tensor in ClipTensors.Of(Small))
        {
            var layers = tensor.Name.StartsWith("visual.", StringComparison.Ordinal) ? 2 : 3;
            var expected = SyntheticWeights.Values(Id, tensor.Name, [.. tensor.Shape], layers);
            var actual = MemoryMarshal.Cast<byte, float>(checkpoint.Weights.Get(tensor.Name).Data.Span);
            Assert.True(actual.SequenceEqual(expected), tensor.Name);
        }
    }

    [Fact]
    public void Write_Checkpoint_OpensWithItsConfiguration()
    {
        using var folder = new TemporaryFolder();
        SyntheticCheckpoint.Write(folder.Path, Small, Id);

        using var checkpoint = ClipCheckpoint.Open(folder.Path);

        Assert.Equal(Small.Vision, checkpoint.Config.Vision);
        Assert.Equal(Small.Text, checkpoint.Config.Text);
        Assert.Equal(Small.Image, checkpoint.Config.Image);
        Assert.Equal(100, checkpoint.LogitScale, 1e-3);
    }

    [Fact]
    public void Write_HeadsNarrowerThanUsual_OpenAsTheyWere()
    {
        using var folder = new TemporaryFolder();
        var config = Small with { Vision = Small.Vision with { Heads = 2 } };
        SyntheticCheckpoint.Write(folder.Path, config, Id);

        using var checkpoint = ClipCheckpoint.Open(folder.Path);

        Assert.Equal(config.Vision, checkpoint.Config.Vision);
    }

    [Fact]
    public void Fill_FromTheMiddle_IsTheSameSequence()
    {
        var tensor = new SyntheticTensor(Id, "visual.conv1.weight", [64, 3, 8, 8], 2);
        var whole = new float[200_000];
        var part = new float[70_000];

        tensor.Fill(0, whole);
        tensor.Fill(100_000, part);

        Assert.Equal(whole[100_000..170_000], part);
    }

    [Theory]
    [InlineData("laion--CLIP-ViT-B-32-DataComp.XL-s13B-b90K", "ViT-B-32")]
    [InlineData("laion--CLIP-ViT-L-14-DataComp.XL-s13B-b90K", "ViT-L-14")]
    public void Find_PublishedArchitecture_IsThatOfTheGoldenModel(string golden, string name)
    {
        var expected = GoldenModel.Load(golden).Config;
        var actual = Architecture.Find(name);

        Assert.Equal(expected.Vision, actual.Vision);
        Assert.Equal(expected.Text, actual.Text);
        Assert.Equal(
            (expected.EmbeddingDimensions, expected.PatchSize, expected.ContextLength, expected.VocabularySize),
            (actual.EmbeddingDimensions, actual.PatchSize, actual.ContextLength, actual.VocabularySize));
    }

    [Fact]
    public void Find_UnknownArchitecture_IsRefused() =>
        Assert.Throws<LoadTestException>(() => Architecture.Find("RN50"));

    [Fact]
    public void Vocabulary_WordsAndTexts_HaveFewTokens()
    {
        using var folder = new TemporaryFolder();
        SyntheticVocabulary.Write(folder.Path);
        var tokenizer = ClipTokenizer.Load(folder.Path, 77, 49_408);

        Assert.All(SyntheticVocabulary.Words, word => Assert.Equal(3, tokenizer.Tokenize(word).TokenCount));
        Assert.InRange(tokenizer.Tokenize(Texts.Short()).TokenCount, 6, 16);
        Assert.True(tokenizer.Tokenize(Texts.Long()).Truncated);
        Assert.NotEqual(tokenizer.Tokenize(Texts.Long()).Ids, tokenizer.Tokenize(Texts.Long()).Ids);
    }
}
