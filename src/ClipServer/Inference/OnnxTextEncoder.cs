using ClipGrpc.Server.Models;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Server.Inference;

/// <summary>
/// The text tower of a model on its device. A batch is as long as its longest text, rounded up to one of a few
/// lengths, so that shapes repeat; what pads a text has no influence on its embedding.
/// </summary>
internal sealed class OnnxTextEncoder : IEncoder<ReadOnlyMemory<int>>
{
    private readonly TowerSession _session;
    private readonly DeviceMemory _memory;
    private readonly int _contextLength;
    private readonly int _vocabularySize;
    private readonly int[] _lengths;
    private readonly TowerBuffer _ids;
    private readonly TowerBuffer _ends;
    private readonly EmbeddingBuffers _results;
    private readonly Dictionary<(int Count, int Length), TowerBinding> _bindings = [];

    /// <param name="session">Ends with this encoder, unless others share it.</param>
    /// <exception cref="ClipException">The device has no room.</exception>
    public OnnxTextEncoder(ClipConfig config, TowerSession session, InferenceOptions options, int maxBatchSize)
    {
        _session = session;
        _contextLength = config.ContextLength;
        _vocabularySize = config.VocabularySize;
        Dimensions = config.EmbeddingDimensions;
        _lengths = options.TextLengthsWithin(_contextLength);
        _memory = session.CreateMemory();
        try
        {
            _ids = _memory.Allocate(checked(maxBatchSize * _contextLength * sizeof(int)));
            _ends = _memory.Allocate(checked(maxBatchSize * sizeof(int)));
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

    /// <summary>The lengths that batches are padded to, ascending; the last is the context.</summary>
    public IReadOnlyList<int> Lengths => _lengths;

    /// <exception cref="ClipException">A text that the model cannot read, or the runtime failed.</exception>
    public void Encode(ReadOnlySpan<ReadOnlyMemory<int>> inputs, Span<float> embeddings, Span<float> norms)
    {
        _session.Run(Fill(inputs, embeddings, norms));
        _results.CopyTo(inputs.Length, embeddings, norms);
    }

    /// <exception cref="ClipException">As for <see cref="Encode"/>.</exception>
    public void WarmUp(ReadOnlySpan<ReadOnlyMemory<int>> inputs, Span<float> embeddings, Span<float> norms)
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

    private TowerBinding Fill(ReadOnlySpan<ReadOnlyMemory<int>> inputs, Span<float> embeddings, Span<float> norms)
    {
        _results.Check(inputs.Length, embeddings, norms);
        int longest = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            TextCheck.Check(inputs[i].Span, i, _contextLength, _vocabularySize);
            longest = Math.Max(longest, inputs[i].Length);
        }

        int length = _lengths.First(candidate => candidate >= longest);
        Span<int> ids = _ids.HostSpan<int>();
        Span<int> ends = _ends.HostSpan<int>();
        for (int i = 0; i < inputs.Length; i++)
        {
            Span<int> row = ids.Slice(i * length, length);
            inputs[i].Span.CopyTo(row);
            row[inputs[i].Length..].Clear();
            ends[i] = inputs[i].Length - 1;
        }

        return BindingFor(inputs.Length, length);
    }

    private TowerBinding BindingFor(int n, int length)
    {
        if (_bindings.TryGetValue((n, length), out TowerBinding? binding))
            return binding;

        binding = _session.CreateBinding(_memory);
        _bindings.Add((n, length), binding);
        binding.Input(TextTowerGraph.Ids, _ids, TensorElementType.Int32, n, length);
        binding.Input(TextTowerGraph.End, _ends, TensorElementType.Int32, n);
        return _results.Bind(binding, n);
    }
}
