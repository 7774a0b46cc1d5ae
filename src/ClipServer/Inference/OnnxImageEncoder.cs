using ClipGrpc.Server.Models;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Server.Inference;

/// <summary>The image tower of a model on its device.</summary>
internal sealed class OnnxImageEncoder : IEncoder<ReadOnlyMemory<byte>>
{
    private static readonly string[] InputNames = [ImageTowerGraph.Pixels];

    private readonly TowerSession _session;
    private readonly int _size;
    private readonly int _pictureBytes;
    private readonly byte[] _pixels;
    private readonly EmbeddingBuffers _results;
    private readonly Dictionary<int, TowerCall> _calls = [];

    public OnnxImageEncoder(ClipConfig config, TowerSession session, int maxBatchSize)
    {
        _session = session;
        _size = config.Image.Size;
        _pictureBytes = _size * _size * 3;
        Dimensions = config.EmbeddingDimensions;
        _pixels = GC.AllocateUninitializedArray<byte>(checked(maxBatchSize * _pictureBytes), pinned: true);
        _results = new EmbeddingBuffers(Dimensions, maxBatchSize);
    }

    public int Dimensions { get; }

    /// <summary>The execution provider in use: CPU or CUDA.</summary>
    public string Provider => _session.Provider;

    /// <exception cref="ClipException">A picture of another size, or the runtime failed.</exception>
    public void Encode(ReadOnlySpan<ReadOnlyMemory<byte>> inputs, Span<float> embeddings, Span<float> norms)
    {
        _results.Check(inputs.Length, embeddings, norms);
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Length != _pictureBytes)
            {
                throw new ClipException(
                    ClipErrorCode.InvalidInput,
                    $"Picture {i} has {inputs[i].Length} bytes; the model takes {_size} x {_size} x 3.");
            }

            inputs[i].Span.CopyTo(_pixels.AsSpan(i * _pictureBytes));
        }

        _session.Run(CallFor(inputs.Length));
        _results.CopyTo(inputs.Length, embeddings, norms);
    }

    public void Dispose()
    {
        _session.Dispose();
        foreach (TowerCall call in _calls.Values)
            call.Dispose();
    }

    private TowerCall CallFor(int n)
    {
        if (_calls.TryGetValue(n, out TowerCall? call))
            return call;

        OrtValue pixels = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, _pixels.AsMemory(0, n * _pictureBytes), [n, _size, _size, 3]);
        call = new TowerCall(InputNames, [pixels], EmbeddingBuffers.Names, _results.Values(n));
        _calls.Add(n, call);
        return call;
    }
}
