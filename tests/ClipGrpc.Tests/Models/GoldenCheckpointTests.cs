using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

/// <summary>Checkpoints that PyTorch wrote, with the layout of the Hub.</summary>
public sealed class GoldenCheckpointTests
{
    [Theory]
    [InlineData("tiny-gelu-openclip-safetensors", "Float32", "OpenCLIP")]
    [InlineData("tiny-gelu-openclip-bf16", "BFloat16", "OpenCLIP")]
    [InlineData("tiny-gelu-openclip-bin", "Float32", "OpenCLIP")]
    [InlineData("tiny-quickgelu-transformers-safetensors", "Float32", "transformers")]
    [InlineData("tiny-quickgelu-transformers-bin", "Float16", "transformers")]
    public void Open_GoldenFolder_HasTheSyntheticWeights(string folder, string type, string layout)
    {
        var isQuick = folder.Contains("quick", StringComparison.Ordinal);
        using var checkpoint = ClipCheckpoint.Open(SharedGolden.PathOrSkip("checkpoints", folder));

        Assert.Equal(layout, checkpoint.Layout);
        Assert.Equal(isQuick ? Activation.QuickGelu : Activation.Gelu, checkpoint.Config.Activation);
        Assert.Equal(new TowerConfig(3, 128, 2, 512), checkpoint.Config.Vision);
        Assert.Equal(new TowerConfig(2, 64, 1, 256), checkpoint.Config.Text);
        foreach (var (name, shape) in ClipTensors.Of(checkpoint.Config))
        {
            var values = SyntheticWeights.Values(
                isQuick ? "synthetic/tiny-quickgelu" : "synthetic/tiny-gelu", name, shape,
                SyntheticWeights.LayersOf(name, checkpoint.Config));
            var expected = TestTensor.Of(name, Enum.Parse<TensorType>(type), [.. shape], values);
            var tensor = checkpoint.Weights.Get(name);
            Assert.Equal(expected.Type, tensor.Type);
            Assert.Equal(shape, tensor.Shape);
            Assert.True(tensor.Data.Span.SequenceEqual(expected.Data), $"{name} has other values.");
        }
    }
}
