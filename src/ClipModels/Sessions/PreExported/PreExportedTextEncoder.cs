using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Files;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions.PreExported;

/// <summary>
/// The text tower of a pre-exported ONNX model. It takes token ids [n, length] of int32 or int64, with or without an
/// attention mask of the same shape. A length that is fixed is the context's; a batch that is fixed at 1 is served one
/// text after the other. What follows a text's first end token, where these towers take the embedding, is padding with
/// the id 0.
/// </summary>
internal sealed class PreExportedTextEncoder : IEncoder<ReadOnlyMemory<int>>
{
    private const string Mask = "attention_mask";

    private static readonly string[] OutputNames =
    [
        "text_embeds", "text_embedding", "text_embeddings", "text_features", "embedding", "embeddings",
        "sentence_embedding",
    ];

    private readonly PreExportedTower _tower;
    private readonly string[] _inputNames;
    private readonly TokenTensor[] _inputs;
    private readonly int _batch;
    private readonly ClipConfig _config;
    private readonly TextLengths? _lengths;
    private readonly int _maxBatchSize;

    private PreExportedTextEncoder(
        PreExportedTower tower, ClipConfig config, InferenceOptions options, int maxBatchSize)
    {
        _tower = tower;
        _config = config;
        _maxBatchSize = maxBatchSize;
        Dimensions = config.EmbeddingDimensions;
        CheckInputs(tower, config.ContextLength);

        _inputNames = [.. tower.Inputs.Keys.OrderBy(name => name == Mask)];
        var ids = tower.Inputs[_inputNames[0]];
        _batch = ids.Dimensions[0] == 1 ? 1 : maxBatchSize;
        _lengths = ids.Dimensions[1] < 0 ? TextLengths.Fixed(options, config.ContextLength) : null;
        _inputs = [.. _inputNames.Select(name => new TokenTensor(
            tower.Inputs[name].ElementDataType, checked(_batch * config.ContextLength)))];
    }

    public int Dimensions { get; }

    /// <exception cref="ClipException">The file cannot be loaded, or takes or gives something else.</exception>
    public static PreExportedTextEncoder Open(
        string path, ClipConfig config, InferenceOptions options, int maxBatchSize)
    {
        var tower = new PreExportedTower(
            path, OutputNames, config.EmbeddingDimensions, config.Text.Width, options);
        try
        {
            return new PreExportedTextEncoder(tower, config, options, maxBatchSize);
        }
        catch
        {
            tower.Dispose();
            throw;
        }
    }

    public void Encode(ReadOnlySpan<ReadOnlyMemory<int>> inputs, Span<float> embeddings, Span<float> norms)
    {
        BatchCheck.Check(inputs.Length, _maxBatchSize, Dimensions, embeddings, norms);
        var texts = new ReadOnlyMemory<int>[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
            texts[i] = inputs[i][..(TextCheck.FindEnd(inputs[i].Span, i, _config) + 1)];

        for (var start = 0; start < inputs.Length; start += _batch)
        {
            var count = Math.Min(_batch, inputs.Length - start);
            Run(texts.AsSpan(start, count), embeddings[(start * Dimensions)..], norms[start..]);
        }
    }

    public void Dispose() => _tower.Dispose();

    private static void CheckInputs(PreExportedTower tower, int contextLength)
    {
        string[] others = [.. tower.Inputs.Keys.Where(name => name != Mask)];
        if (others.Length == 1 && tower.Inputs.Values.All(Fits))
            return;

        var all = tower.Inputs.Select(input => PreExportedTower.Describe(input.Key, input.Value));
        throw CheckpointErrors.Invalid(
            tower.File,
            $"a text tower must have token ids, int32 or int64 [n or 1, length or {contextLength}], and optionally "
            + $"{Mask} of the same shape; this one has {string.Join("; ", all)}.");

        bool Fits(NodeMetadata input) =>
            input is { OnnxValueType: OnnxValueType.ONNX_TYPE_TENSOR, Dimensions: [var n, var length] }
            && input.ElementDataType is TensorElementType.Int32 or TensorElementType.Int64
            && n is < 0 or 1 && (length < 0 || length == contextLength)
            && input.Dimensions.SequenceEqual(tower.Inputs[others[0]].Dimensions);
    }

    private void Run(ReadOnlySpan<ReadOnlyMemory<int>> texts, Span<float> embeddings, Span<float> norms)
    {
        var longest = 0;
        foreach (var text in texts)
            longest = Math.Max(longest, text.Length);
        var length = _lengths?.PadTo(longest) ?? _config.ContextLength;

        var values = new OrtValue[_inputs.Length];
        try
        {
            for (var i = 0; i < _inputs.Length; i++)
                values[i] = _inputs[i].Fill(texts, length, isMask: i > 0);
            _tower.Run(_inputNames, values, texts.Length, embeddings, norms);
        }
        finally
        {
            foreach (var value in values)
                value?.Dispose();
        }
    }
}
