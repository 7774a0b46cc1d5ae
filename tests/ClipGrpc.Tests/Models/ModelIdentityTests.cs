using System.Reflection;
using System.Text.Json.Nodes;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

/// <summary>A model's identity follows from all that decides its numbers, and from nothing else.</summary>
public sealed class ModelIdentityTests : IDisposable
{
    private static readonly string ConfigWithoutActivation = WithoutActivation();

    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _cache = new();

    [Fact]
    public void Identify_SameFilesElsewhere_IsTheSame()
    {
        Write("a");
        Write("b");

        Assert.Equal(Identify("a"), Identify("b"));
        Assert.Matches("^[0-9a-f]{64}$", Identify("a"));
        Assert.Matches("^[0-9a-f]{12}$", ModelIdentity.Shorten(Identify("a")));
    }

    [Fact]
    public void Identify_FolderNameDecidesOnTheActivation_IsAnother()
    {
        Write("mine");
        Write("ViT-tiny__openai");

        using var mine = ClipCheckpoint.Open(_folder.PathOf("mine"));
        using var theirs = ClipCheckpoint.Open(_folder.PathOf("ViT-tiny__openai"));
        Assert.NotEqual(mine.Config.Activation, theirs.Config.Activation);
        Assert.NotEqual(Identify("mine"), Identify("ViT-tiny__openai"));
    }

    [Fact]
    public void Identify_OtherPrecision_IsAnother()
    {
        Write("a");

        Assert.NotEqual(Identify("a"), Identify("a", Precision.Int8));
    }

    [Theory]
    [InlineData("open_clip_model.safetensors")]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    public void Identify_FileChanges_IsAnother(string file)
    {
        Write("a");
        var before = Identify("a");
        var path = _folder.PathOf($"a/{file}");
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : "{}"u8.ToArray();
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);

        Assert.NotEqual(before, Identify("a"));
    }

    [Fact]
    public void Identify_WeightsOfEqualLengthAndTimeReplaced_IsAnother()
    {
        Write("a");
        var path = _folder.PathOf("a/open_clip_model.safetensors");
        var time = File.GetLastWriteTimeUtc(path);
        var before = Identify("a");
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, time);

        Assert.NotEqual(before, Identify("a"));
    }

    [Fact]
    public void Identify_ContentBelowTheSameCommitReplaced_IsAnother()
    {
        var snapshot = $"snapshots/{new string('a', 40)}";
        Write(snapshot);
        var before = Identify(snapshot);
        Write(snapshot, seed: 1);

        Assert.NotEqual(before, Identify(snapshot));
    }

    [Fact]
    public void Identify_FileChangedSinceItWasOpened_IsRefused()
    {
        Write("a");
        using var files = TestModels.Open(_folder.PathOf("a"), cache: _cache.Path);
        files.Identify();
        File.AppendAllText(_folder.PathOf("a/merges.txt"), "a b\n");

        var error = Assert.Throws<ClipException>(files.Identify);

        Assert.StartsWith(
            "merges.txt: the file has changed since the model was opened.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compute_AnyPropertyOfTheConfiguration_Counts()
    {
        var config = TinyCheckpoint.Config;
        var identities = new HashSet<string> { Compute(config) };
        foreach (var property in typeof(ClipConfig).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.SetMethod is not null)
                Assert.True(identities.Add(Compute(With(config, property))), $"{property.Name} does not count.");
        }

        Assert.True(identities.Count > 10);

        static string Compute(ClipConfig config) => ModelIdentity.Compute("content", config, Precision.Fp32);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _cache.Dispose();
    }

    private static ClipConfig With(ClipConfig config, PropertyInfo property)
    {
        var other = config with { };
        property.SetValue(other, property.GetValue(config) switch
        {
            null => 7,
            int number => number + 1,
            float number => number * 2,
            float[] numbers => numbers.Select(number => number + 0.25f).ToArray(),
            TowerConfig tower => tower with { Heads = tower.Heads + 1 },
            ImageTransform image => image with { Size = image.Size + 1 },
            Enum value => Enum.ToObject(value.GetType(), 1 - Convert.ToInt32(value, null)),
            var value => throw new NotSupportedException($"{property.Name} is {value}: say here how to change it."),
        });
        return other;
    }

    private static string WithoutActivation()
    {
        var config = JsonNode.Parse(TinyCheckpoint.OpenClipJson)!;
        Assert.True(config["model_cfg"]!.AsObject().Remove("quick_gelu"));
        return config.ToJsonString();
    }

    private void Write(string name, int seed = 0)
    {
        _folder.Write($"{name}/open_clip_config.json", ConfigWithoutActivation);
        var bytes = SafetensorsWriter.Write(TinyCheckpoint.OpenClip(TensorType.Float32));
        bytes[^1] ^= (byte)seed;
        _folder.Write($"{name}/open_clip_model.safetensors", bytes);
        _folder.Write($"{name}/vocab.json", "{}");
        _folder.Write($"{name}/merges.txt", "#version: 0.2\n");
    }

    private string Identify(string name, Precision precision = Precision.Fp32)
    {
        using var files = TestModels.Open(_folder.PathOf(name), precision, _cache.Path);
        return files.Identify();
    }
}
