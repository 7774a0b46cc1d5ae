using ClipGrpc.Server.Models;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Server.Inference;

/// <summary>The image tower of a model on its device.</summary>
internal sealed class OnnxImageEncoder : IEncoder<ReadOnlyMemory<byte>>
{
    private readonly TowerSession _session;
    private readonly DeviceMemory _memory;
    private readonly int _size;
    private readonly int _pictureBytes;
    private readonly TowerBuffer _pixels;
    private readonly EmbeddingBuffers _results;
    private readonly Dictionary<int, TowerBinding> _bindings = [];

    /// <param name="session">Ends with this encoder, unless others share it.</param>
    /// <exception cref="ClipException">The device has no room.</exception>
    public OnnxImageEncoder(ClipConfig config, TowerSession session, int maxBatchSize)
    {
        _session = session;
        _size = config.Image.Size;
        _pictureBytes = _size * _size * 3;
        Dimensions = config.EmbeddingDimensions;
        _memory = session.CreateMemory();
        try
        {
            _pixels = _memory.Allocate(checked(maxBatchSize * _pictureBytes));
            _results = new EmbeddingBuffers(_memory, Dimensions, maxBatchSize);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Dimensions { get; }

    /// <summary>The execution provider in use: CPU or CUDA.</summary>
    public string Provider => _session.Provider;

    /// <exception cref="ClipException">A picture of another size, or the runtime failed.</exception>
    public void Encode(ReadOnlySpan<ReadOnlyMemory<byte>> inputs, Span<float> embeddings, Span<float> norms)
    {
        _session.Run(Fill(inputs, embeddings, norms));
        _results.CopyTo(inputs.Length, embeddings, norms);
    }

    /// <exception cref="ClipException">As for <see cref="Encode"/>.</exception>
    public void WarmUp(ReadOnlySpan<ReadOnlyMemory<byte>> inputs, Span<float> embeddings, Span<float> norms)
    {
        _session.WarmUp(Fill(inputs, embeddings, norms));
        _results.CopyTo(inputs.Length, embeddings, norms);
    }

    public void Dispose()
    {
        foreach (TowerBinding binding in _bindings.Values)
            binding.Dispose();
        _memory.Dispose();
        _session.Dispose();
    }

    private TowerBinding Fill(ReadOnlySpan<ReadOnlyMemory<byte>> inputs, Span<float> embeddings, Span<float> norms)
    {
        _results.Check(inputs.Length, embeddings, norms);
        Span<byte> pixels = _pixels.HostSpan<byte>();
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Length != _pictureBytes)
            {
                throw new ClipException(
                    ClipErrorCode.InvalidInput,
                    $"Picture {i} has {inputs[i].Length} bytes; the model takes {_size} x {_size} x 3.");
            }

            inputs[i].Span.CopyTo(pixels[(i * _pictureBytes)..]);
        }

        return BindingFor(inputs.Length);
    }

    private TowerBinding BindingFor(int n)
    {
        if (_bindings.TryGetValue(n, out TowerBinding? binding))
            return binding;

        binding = _session.CreateBinding(_memory);
        _bindings.Add(n, binding);
        binding.Input(ImageTowerGraph.Pixels, _pixels, TensorElementType.UInt8, n, _size, _size, 3);
        return _results.Bind(binding, n);
    }
}
