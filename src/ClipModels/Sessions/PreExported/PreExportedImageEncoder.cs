using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Files;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions.PreExported;

/// <summary>
/// The image tower of a pre-exported ONNX model. It takes normalised images [n, 3, size, size] of float32 or float16; a
/// batch that is fixed at 1 is served one image after the other.
/// </summary>
internal sealed class PreExportedImageEncoder : IEncoder<ReadOnlyMemory<byte>>
{
    private const int Channels = 3;
    private const int ByteValues = 256;

    private static readonly string[] OutputNames =
    [
        "image_embeds", "image_embedding", "image_embeddings", "image_features", "embedding", "embeddings",
        "sentence_embedding",
    ];

    private readonly PreExportedTower _tower;
    private readonly string[] _inputNames;
    private readonly bool _isHalf;
    private readonly int _batch;
    private readonly int _size;
    private readonly int _maxBatchSize;
    private readonly float[] _normalized;
    private readonly float[] _planes;
    private readonly Float16[] _halfPlanes;

    private PreExportedImageEncoder(PreExportedTower tower, ClipConfig config, int maxBatchSize)
    {
        _tower = tower;
        _size = config.Image.Size;
        _maxBatchSize = maxBatchSize;
        Dimensions = config.EmbeddingDimensions;
        var input = CheckInput(tower, _size);
        _inputNames = [tower.Inputs.Keys.Single()];
        _isHalf = input.ElementDataType == TensorElementType.Float16;
        _batch = input.Dimensions[0] == 1 ? 1 : maxBatchSize;
        _normalized = Normalize(config);
        _planes = GC.AllocateUninitializedArray<float>(checked(_batch * ImageElements), pinned: true);
        _halfPlanes = _isHalf ? GC.AllocateUninitializedArray<Float16>(_planes.Length, pinned: true) : [];
    }

    public int Dimensions { get; }

    private int ImageElements => Channels * _size * _size;

    /// <exception cref="ClipException">The file cannot be loaded, or takes or gives something else.</exception>
    public static PreExportedImageEncoder Open(
        string path, ClipConfig config, InferenceOptions options, int maxBatchSize)
    {
        var tower = new PreExportedTower(
            path, OutputNames, config.EmbeddingDimensions, config.Vision.Width, options);
        try
        {
            return new PreExportedImageEncoder(tower, config, maxBatchSize);
        }
        catch
        {
            tower.Dispose();
            throw;
        }
    }

    public void Encode(ReadOnlySpan<ReadOnlyMemory<byte>> inputs, Span<float> embeddings, Span<float> norms)
    {
        BatchCheck.Check(inputs.Length, _maxBatchSize, Dimensions, embeddings, norms);
        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Length != ImageElements)
            {
                throw new ClipException(
                    ClipErrorReason.InvalidModel,
                    $"Image {i} has {inputs[i].Length} bytes; it must have {_size} x {_size} x 3.");
            }
        }

        for (var start = 0; start < inputs.Length; start += _batch)
        {
            var count = Math.Min(_batch, inputs.Length - start);
            Run(inputs.Slice(start, count), embeddings[(start * Dimensions)..], norms[start..]);
        }
    }

    public void Dispose() => _tower.Dispose();

    private static NodeMetadata CheckInput(PreExportedTower tower, int size)
    {
        var all = tower.Inputs.Select(input => PreExportedTower.Describe(input.Key, input.Value));
        var input = tower.Inputs.Count == 1 ? tower.Inputs.Values.Single() : null;
        var fits = input is { OnnxValueType: OnnxValueType.ONNX_TYPE_TENSOR }
            && input.Dimensions is [var n, var channels, var h, var w]
            && input.ElementDataType is TensorElementType.Float or TensorElementType.Float16
            && n is < 0 or 1 && (channels < 0 || channels == Channels) && (h < 0 || h == size) && (w < 0 || w == size);
        return fits
            ? input!
            : throw CheckpointErrors.Invalid(
                tower.File,
                $"an image tower must have one input, float [n or 1, 3, {size}, {size}]; "
                + $"this one has {string.Join("; ", all)}.");
    }

    /// <summary>Each byte's value in each channel.</summary>
    private static float[] Normalize(ClipConfig config)
    {
        var values = new float[Channels * ByteValues];
        for (var i = 0; i < values.Length; i++)
        {
            (var channel, var value) = (i / ByteValues, i % ByteValues);
            values[i] = (float)((value / 255.0 - config.Mean[channel]) / config.StandardDeviation[channel]);
        }

        return values;
    }

    private void Run(ReadOnlySpan<ReadOnlyMemory<byte>> images, Span<float> embeddings, Span<float> norms)
    {
        for (var i = 0; i < images.Length; i++)
            Unpack(images[i].Span, _planes.AsSpan(i * ImageElements, ImageElements));

        var elements = images.Length * ImageElements;
        long[] shape = [images.Length, Channels, _size, _size];
        var memory = OrtMemoryInfo.DefaultInstance;
        if (_isHalf)
        {
            var halves = MemoryMarshal.Cast<Float16, Half>(_halfPlanes.AsSpan());
            TensorPrimitives.ConvertToHalf(_planes.AsSpan(0, elements), halves);
        }

        using var pixels = _isHalf
            ? OrtValue.CreateTensorValueFromMemory(memory, _halfPlanes.AsMemory(0, elements), shape)
            : OrtValue.CreateTensorValueFromMemory(memory, _planes.AsMemory(0, elements), shape);
        _tower.Run(_inputNames, [pixels], images.Length, embeddings, norms);
    }

    /// <summary>Pixels of three bytes each to a plane per channel.</summary>
    private void Unpack(ReadOnlySpan<byte> pixels, Span<float> planes)
    {
        var area = _size * _size;
        for (var channel = 0; channel < Channels; channel++)
        {
            ReadOnlySpan<float> values = _normalized.AsSpan(channel * ByteValues, ByteValues);
            var plane = planes.Slice(channel * area, area);
            for (var i = 0; i < plane.Length; i++)
                plane[i] = values[pixels[i * Channels + channel]];
        }
    }
}
