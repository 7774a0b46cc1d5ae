using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// The text tower of a model on its device. What pads a text to the length of its batch has no influence on its
/// embedding.
/// </summary>
internal sealed class OnnxTextEncoder : OnnxEncoder<ReadOnlyMemory<int>>
{
    private readonly ClipConfig _config;
    private readonly TowerBuffer _ids;
    private readonly TowerBuffer _ends;
    private readonly Dictionary<(int Count, int Length), TowerBinding> _bindings = [];

    /// <inheritdoc cref="OnnxEncoder{TInput}(TowerSession, int, int)"/>
    public OnnxTextEncoder(ClipConfig config, TowerSession session, InferenceOptions options, int maxBatchSize)
        : base(session, config.EmbeddingDimensions, maxBatchSize)
    {
        _config = config;
        Lengths = TextLengths.Of(options, session.Device, config.ContextLength);
        _ids = Allocate(maxBatchSize, config.ContextLength * sizeof(int));
        _ends = Allocate(maxBatchSize, sizeof(int));
    }

    public TextLengths Lengths { get; }

    protected override TowerBinding Fill(ReadOnlySpan<ReadOnlyMemory<int>> inputs)
    {
        var longest = 0;
        var ends = _ends.HostSpan<int>();
        for (var i = 0; i < inputs.Length; i++)
        {
            ends[i] = TextCheck.FindEnd(inputs[i].Span, i, _config);
            longest = Math.Max(longest, inputs[i].Length);
        }

        var length = Lengths.PadTo(longest);
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
