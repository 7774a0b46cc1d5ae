using ClipGrpc.Server.Inference;
using ClipGrpc.Server.Models;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.LoadTest.Graphs;

/// <summary>A tower on the server's session options, run over made-up inputs of one shape at a time.</summary>
internal sealed class GraphRunner : IDisposable
{
    private const int Seed = 1;

    private readonly TowerSession _session;
    private readonly ClipConfig _config;
    private readonly TimeProvider _time;
    private TowerCall? _call;

    public GraphRunner(TowerGraph graph, ClipConfig config, InferenceOptions options, TimeProvider time)
    {
        _config = config;
        _time = time;
        _session = new TowerSession(graph, options);
    }

    /// <summary>Pictures from now on: bytes as the server's graph takes them, or the same as normalised floats, NCHW.</summary>
    public void UsePictures(int batch, bool floats)
    {
        var size = _config.Image.Size;
        var pixels = new byte[batch * size * size * 3];
        new Random(Seed).NextBytes(pixels);
        var value = floats
            ? Value(Normalized(pixels, size * size), batch, 3, size, size)
            : Value(pixels, batch, size, size, 3);
        Use([ImageTowerGraph.Pixels], [value], batch);
    }

    /// <summary>Texts from now on, all of one length.</summary>
    public void UseTexts(int batch, int length)
    {
        var random = new Random(Seed);
        int[] ids = [.. Enumerable.Range(0, batch * length).Select(_ => random.Next(_config.VocabularySize))];
        int[] ends = [.. Enumerable.Repeat(length - 1, batch)];
        Use([TextTowerGraph.Ids, TextTowerGraph.End], [Value(ids, batch, length), Value(ends, batch)], batch);
    }

    /// <summary>The embeddings of the inputs in use, row by row.</summary>
    public float[] Run()
    {
        _session.Run(_call!);
        return _call!.Outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>The mean time of a forward pass, over as many as the time holds.</summary>
    public TimeSpan BatchTime(TimeSpan duration, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        var runs = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            _session.Run(_call!);
            runs++;
        }
        while (_time.GetElapsedTime(start) < duration);

        return _time.GetElapsedTime(start) / runs;
    }

    public void Dispose()
    {
        _session.Dispose();
        _call?.Dispose();
    }

    private void Use(string[] names, OrtValue[] values, int batch)
    {
        _call?.Dispose();
        _call = new TowerCall(names, values, EmbeddingBuffers.Names, new EmbeddingBuffers(_config.EmbeddingDimensions, batch).Values(batch));
    }

    private float[] Normalized(byte[] pixels, int area)
    {
        var floats = new float[pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (picture, rest) = Math.DivRem(i, area * 3);
            var (pixel, channel) = Math.DivRem(rest, 3);
            floats[(((picture * 3) + channel) * area) + pixel] =
                ((pixels[i] / 255f) - _config.Mean[channel]) / _config.StandardDeviation[channel];
        }

        return floats;
    }

    private static OrtValue Value<T>(T[] data, params long[] shape)
        where T : unmanaged => OrtValue.CreateTensorValueFromMemory(data, shape);
}
