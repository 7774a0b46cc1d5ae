using System.Runtime.CompilerServices;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tensors;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.LoadTest.Graphs;

/// <summary>A tower on the server's session options, run over made-up inputs of one shape at a time.</summary>
internal sealed class GraphRunner : IDisposable
{
    private const int Seed = 1;

    private readonly TowerSession _session;
    private readonly ClipConfig _config;
    private readonly TimeProvider _time;
    private DeviceMemory? _memory;
    private TowerBinding? _binding;
    private EmbeddingBuffers? _results;
    private int _batch;

    public GraphRunner(TowerGraph graph, ClipConfig config, InferenceOptions options, TimeProvider time)
    {
        _config = config;
        _time = time;
        _session = new TowerSession(graph, options);
    }

    /// <summary>Images from now on: bytes as the server's graph takes them, or the same as normalised floats, NCHW.</summary>
    public void UseImages(int batch, bool floats)
    {
        var size = _config.Image.Size;
        var pixels = new byte[batch * size * size * 3];
        new Random(Seed).NextBytes(pixels);
        Begin(batch);
        if (floats)
            Input(ImageTowerGraph.Pixels, Normalized(pixels, size * size), TensorElementType.Float, batch, 3, size, size);
        else
            Input(ImageTowerGraph.Pixels, pixels, TensorElementType.UInt8, batch, size, size, 3);
    }

    /// <summary>Texts from now on, all of one length.</summary>
    public void UseTexts(int batch, int length)
    {
        var random = new Random(Seed);
        int[] ids = [.. Enumerable.Range(0, batch * length).Select(_ => random.Next(_config.VocabularySize))];
        int[] ends = [.. Enumerable.Repeat(length - 1, batch)];
        Begin(batch);
        Input(TextTowerGraph.Ids, ids, TensorElementType.Int32, batch, length);
        Input(TextTowerGraph.End, ends, TensorElementType.Int32, batch);
    }

    /// <summary>The embeddings of the inputs in use, row by row.</summary>
    public float[] Run()
    {
        _session.Run(_binding!);
        var embeddings = new float[_batch * _config.EmbeddingDimensions];
        _results!.CopyTo(_batch, embeddings, new float[_batch]);
        return embeddings;
    }

    /// <summary>The mean time of a forward pass, over as many as the time holds.</summary>
    public TimeSpan BatchTime(TimeSpan duration, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        var runs = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            _session.Run(_binding!);
            runs++;
        }
        while (_time.GetElapsedTime(start) < duration);

        return _time.GetElapsedTime(start) / runs;
    }

    public void Dispose()
    {
        End();
        _session.Dispose();
    }

    private void Begin(int batch)
    {
        End();
        _batch = batch;
        _memory = _session.CreateMemory();
        _binding = _session.CreateBinding(_memory);
        _results = new EmbeddingBuffers(_memory, _config.EmbeddingDimensions, batch);
        _results.Bind(_binding, batch);
    }

    private void End()
    {
        _binding?.Dispose();
        _memory?.Dispose();
    }

    private void Input<T>(string name, T[] data, TensorElementType type, params long[] shape)
        where T : unmanaged
    {
        var buffer = _memory!.Allocate(data.Length * Unsafe.SizeOf<T>());
        data.CopyTo(buffer.HostSpan<T>());
        _binding!.Input(name, buffer, type, shape);
    }

    private float[] Normalized(byte[] pixels, int area)
    {
        var floats = new float[pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (image, rest) = Math.DivRem(i, area * 3);
            var (pixel, channel) = Math.DivRem(rest, 3);
            floats[(((image * 3) + channel) * area) + pixel] =
                ((pixels[i] / 255f) - _config.Mean[channel]) / _config.StandardDeviation[channel];
        }

        return floats;
    }
}
