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
    private readonly Dictionary<(int First, int Count, int Length, bool IsPart), TowerBinding> _bindings = [];

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

    protected override int LengthOf(ReadOnlySpan<ReadOnlyMemory<int>> inputs)
    {
        var longest = 0;
        foreach (var input in inputs)
            longest = Math.Max(longest, input.Length);
        return Lengths.PadTo(longest);
    }

    protected override TowerBinding Fill(ReadOnlySpan<ReadOnlyMemory<int>> inputs, int first, bool isPart)
    {
        var ends = _ends.From(first * sizeof(int)).HostSpan<int>();
        for (var i = 0; i < inputs.Length; i++)
            ends[i] = TextCheck.FindEnd(inputs[i].Span, first + i, _config);

        var length = LengthOf(inputs);
        var ids = IdsFrom(first).HostSpan<int>();
        for (var i = 0; i < inputs.Length; i++)
        {
            var row = ids.Slice(i * length, length);
            inputs[i].Span.CopyTo(row);
            row[inputs[i].Length..].Clear();
        }

        return BindingFor(first, inputs.Length, length, isPart);
    }

    private TowerBuffer IdsFrom(int first) => _ids.From(first * _config.ContextLength * sizeof(int));

    private TowerBinding BindingFor(int first, int n, int length, bool isPart)
    {
        if (!_bindings.TryGetValue((first, n, length, isPart), out var binding))
        {
            binding = Bind(first, n, isPart)
                .Input(TextTowerGraph.Ids, IdsFrom(first), TensorElementType.Int32, n, length)
                .Input(TextTowerGraph.End, _ends.From(first * sizeof(int)), TensorElementType.Int32, n);
            _bindings.Add((first, n, length, isPart), binding);
        }

        return binding;
    }
}
