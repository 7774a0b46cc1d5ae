using ClipGrpc.Server.Models;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Server.Inference;

/// <summary>
/// The text tower of a model on its device. A batch is as long as its longest text, rounded up to one of a few
/// lengths, so that shapes repeat; what pads a text has no influence on its embedding.
/// </summary>
internal sealed class OnnxTextEncoder : IEncoder<ReadOnlyMemory<int>>
{
    private static readonly string[] InputNames = [TextTowerGraph.Ids, TextTowerGraph.End];

    private readonly TowerSession _session;
    private readonly int _contextLength;
    private readonly int _vocabularySize;
    private readonly int[] _lengths;
    private readonly int[] _ids;
    private readonly int[] _ends;
    private readonly EmbeddingBuffers _results;
    private readonly Dictionary<(int Count, int Length), TowerCall> _calls = [];

    public OnnxTextEncoder(ClipConfig config, TowerSession session, InferenceOptions options, int maxBatchSize)
    {
        _session = session;
        _contextLength = config.ContextLength;
        _vocabularySize = config.VocabularySize;
        Dimensions = config.EmbeddingDimensions;
        _lengths = options.TextLengthsWithin(_contextLength);
        _ids = GC.AllocateUninitializedArray<int>(checked(maxBatchSize * _contextLength), pinned: true);
        _ends = GC.AllocateUninitializedArray<int>(maxBatchSize, pinned: true);
        _results = new EmbeddingBuffers(Dimensions, maxBatchSize);
    }

    public int Dimensions { get; }

    /// <summary>The execution provider in use: CPU or CUDA.</summary>
    public string Provider => _session.Provider;

    /// <summary>The lengths that batches are padded to, ascending; the last is the context.</summary>
    public IReadOnlyList<int> Lengths => _lengths;

    /// <exception cref="ClipException">A text that the model cannot read, or the runtime failed.</exception>
    public void Encode(ReadOnlySpan<ReadOnlyMemory<int>> inputs, Span<float> embeddings, Span<float> norms)
    {
        _results.Check(inputs.Length, embeddings, norms);
        int longest = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            TextCheck.Check(inputs[i].Span, i, _contextLength, _vocabularySize);
            longest = Math.Max(longest, inputs[i].Length);
        }

        int length = _lengths.First(candidate => candidate >= longest);
        for (int i = 0; i < inputs.Length; i++)
        {
            Span<int> row = _ids.AsSpan(i * length, length);
            inputs[i].Span.CopyTo(row);
            row[inputs[i].Length..].Clear();
            _ends[i] = inputs[i].Length - 1;
        }

        _session.Run(CallFor(inputs.Length, length));
        _results.CopyTo(inputs.Length, embeddings, norms);
    }

    public void Dispose()
    {
        _session.Dispose();
        foreach (TowerCall call in _calls.Values)
            call.Dispose();
    }

    private TowerCall CallFor(int n, int length)
    {
        if (_calls.TryGetValue((n, length), out TowerCall? call))
            return call;

        OrtMemoryInfo memory = OrtMemoryInfo.DefaultInstance;
        OrtValue ids = OrtValue.CreateTensorValueFromMemory(memory, _ids.AsMemory(0, n * length), [n, length]);
        OrtValue ends = OrtValue.CreateTensorValueFromMemory(memory, _ends.AsMemory(0, n), [n]);
        call = new TowerCall(InputNames, [ids, ends], EmbeddingBuffers.Names, _results.Values(n));
        _calls.Add((n, length), call);
        return call;
    }
}
