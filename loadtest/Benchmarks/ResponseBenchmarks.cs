using System.Buffers;
using BenchmarkDotNet.Attributes;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using Google.Protobuf;
using ServerPriority = ClipGrpc.Serving.Batching.WorkPriority;

namespace ClipGrpc.Benchmarks;

/// <summary>An embedding of 512 numbers to the bytes of its response.</summary>
public class ResponseBenchmarks
{
    private const int Dimensions = 512;

    private readonly ArrayBufferWriter<byte> _writer = new(1 << 16);
    private readonly ItemResult _outcome = new(
        new EmbeddingResult(Enumerable.Repeat(0.04f, Dimensions).ToArray(), 10), null);

    [Benchmark]
    public int Float32() => Write(float16: false, normalize: true);

    [Benchmark]
    public int Float16() => Write(float16: true, normalize: true);

    [Benchmark]
    public int Unnormalized() => Write(float16: false, normalize: false);

    private int Write(bool float16, bool normalize)
    {
        var settings = new EmbedSettings(
            normalize, float16, LongText.Truncate, new DecodeOptions(), ServerPriority.Interactive);
        var response = new EmbedResponse
        {
            Model = new ModelRef { Name = "m", Revision = "r" },
            Timings = ResponseWriter.ToTimings(_outcome.Embedding, TimeSpan.FromMilliseconds(5)),
            Results = { ResponseWriter.ToResult(_outcome, settings) },
        };
        _writer.ResetWrittenCount();
        response.WriteTo(_writer);
        return _writer.WrittenCount;
    }
}
