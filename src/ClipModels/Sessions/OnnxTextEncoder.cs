using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// The text tower of a model on its device. A batch is as long as its longest text, rounded up to one of a few
/// lengths, so that shapes repeat; what pads a text has no influence on its embedding.
/// </summary>
internal sealed class OnnxTextEncoder : OnnxEncoder<ReadOnlyMemory<int>>
{
    private readonly ClipConfig _config;
    private readonly int[] _lengths;
    private readonly TowerBuffer _ids;
    private readonly TowerBuffer _ends;
    private readonly Dictionary<(int Count, int Length), TowerBinding> _bindings = [];

    /// <inheritdoc cref="OnnxEncoder{TInput}(TowerSession, int, int)"/>
    public OnnxTextEncoder(ClipConfig config, TowerSession session, InferenceOptions options, int maxBatchSize)
        : base(session, config.EmbeddingDimensions, maxBatchSize)
    {
        _config = config;
        _lengths = options.TextLengthsWithin(config.ContextLength);
        _ids = Allocate(maxBatchSize, config.ContextLength * sizeof(int));
        _ends = Allocate(maxBatchSize, sizeof(int));
    }

    /// <summary>The lengths that batches are padded to, ascending; the last is the context.</summary>
    public IReadOnlyList<int> Lengths => _lengths;

    protected override TowerBinding Fill(ReadOnlySpan<ReadOnlyMemory<int>> inputs)
    {
        var longest = 0;
        var ends = _ends.HostSpan<int>();
        for (var i = 0; i < inputs.Length; i++)
        {
            ends[i] = TextCheck.FindEnd(inputs[i].Span, i, _config);
            longest = Math.Max(longest, inputs[i].Length);
        }

        var length = _lengths.First(candidate => candidate >= longest);
        var ids = _ids.HostSpan<int>();
        for (var i = 0; i < inputs.Length; i++)
        {
            var row = ids.Slice(i * length, length);
            inputs[i].Span.CopyTo(row);
            row[inputs[i].Length..].Clear();
        }

        return BindingFor(inputs.Length, length);
    }

    private TowerBinding BindingFor(int n, int length)
    {
        if (!_bindings.TryGetValue((n, length), out var binding))
        {
            binding = Bind(n)
                .Input(TextTowerGraph.Ids, _ids, TensorElementType.Int32, n, length)
                .Input(TextTowerGraph.End, _ends, TensorElementType.Int32, n);
            _bindings.Add((n, length), binding);
        }

        return binding;
    }
}
