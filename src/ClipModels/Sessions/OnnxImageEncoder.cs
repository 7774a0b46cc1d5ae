using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions;

/// <summary>The image tower of a model on its device.</summary>
internal sealed class OnnxImageEncoder : OnnxEncoder<ReadOnlyMemory<byte>>
{
    private readonly int _size;
    private readonly int _imageBytes;
    private readonly TowerBuffer _pixels;
    private readonly Dictionary<(int First, int Count, bool IsPart), TowerBinding> _bindings = [];

    /// <inheritdoc cref="OnnxEncoder{TInput}(TowerSession, int, int)"/>
    public OnnxImageEncoder(ClipConfig config, TowerSession session, int maxBatchSize)
        : base(session, config.EmbeddingDimensions, maxBatchSize)
    {
        _size = config.Image.Size;
        _imageBytes = _size * _size * 3;
        _pixels = Allocate(maxBatchSize, _imageBytes);
    }

    protected override TowerBinding Fill(
        ReadOnlySpan<ReadOnlyMemory<byte>> inputs, int first, bool isPart)
    {
        var pixels = _pixels.From(first * _imageBytes).HostSpan<byte>();
        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Length != _imageBytes)
            {
                throw new ClipException(
                    ClipErrorReason.InvalidModel,
                    $"Image {first + i} has {inputs[i].Length} bytes; it must have {_size} x {_size} x 3.");
            }

            inputs[i].Span.CopyTo(pixels[(i * _imageBytes)..]);
        }

        return BindingFor(first, inputs.Length, isPart);
    }

    private TowerBinding BindingFor(int first, int n, bool isPart)
    {
        if (!_bindings.TryGetValue((first, n, isPart), out var binding))
        {
            binding = Bind(first, n, isPart).Input(
                ImageTowerGraph.Pixels, _pixels.From(first * _imageBytes), TensorElementType.UInt8, n, _size, _size, 3);
            _bindings.Add((first, n, isPart), binding);
        }

        return binding;
    }
}
