using ClipGrpc.Imaging.Pixels;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.Server.Benchmarks;
using ClipGrpc.Serving.Preprocessing;
using Google.Protobuf;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>The towers of a model in this process, called directly: what the service is held against.</summary>
internal sealed class RawModel : IDisposable
{
    public const int LargestBatch = 1024;

    private const int WarmUpImages = 2;
    private const int FewestBatches = 2;

    private readonly ModelFiles _files;
    private readonly InferenceOptions _options;
    private readonly int _maxBatch;
    private readonly IEncoder<ReadOnlyMemory<byte>> _encoder;
    private readonly ImagePreprocessor _preprocessor;
    private readonly ReadOnlyMemory<byte>[] _pixels;
    private readonly float[] _embeddings;
    private readonly float[] _norms;
    private readonly TimeProvider _time;
    private ClipTokenizer? _tokenizer;
    private IEncoder<ReadOnlyMemory<int>>? _textEncoder;

    private RawModel(ModelFiles files, InferenceOptions options, int maxBatch, TimeProvider time)
    {
        _time = time;
        _files = files;
        _options = options;
        _maxBatch = maxBatch;
        _encoder = files.CreateImageEncoder(options, maxBatch);
        _preprocessor = new ImagePreprocessor(files.Config.Image, new ImageLimits());
        var random = new Random(maxBatch);
        _pixels = [.. Enumerable.Range(0, maxBatch).Select(_ => Noise(random, _preprocessor.OutputLength))];
        _embeddings = new float[maxBatch * _encoder.Dimensions];
        _norms = new float[maxBatch];
    }

    /// <param name="settings">As of the server; the inference section is read.</param>
    /// <exception cref="ClipException">No such model, or the runtime refuses it.</exception>
    public static async Task<RawModel> OpenAsync(
        string source, IReadOnlyDictionary<string, string?> settings, int maxBatch, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var options = ModelSettings.Inference(settings);
        var folder = await ModelSettings.LocateAsync(source, options.Precision, time, cancellationToken);
        var files = ModelSettings.Open(folder, options);
        try
        {
            return new RawModel(files, options, maxBatch, time);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    public ClipConfig Config => _files.Config;

    private IEncoder<ReadOnlyMemory<int>> TextEncoder =>
        _textEncoder ??= _files.CreateTextEncoder(_options, _maxBatch);

    /// <summary>Images a second at a batch size, over as many batches as the time holds, at least two.</summary>
    public double ItemsPerSecond(int batch, TimeSpan duration, CancellationToken cancellationToken) =>
        batch / BatchTime(batch, duration, cancellationToken).TotalSeconds;

    /// <summary>Texts a second at the best of the batch sizes.</summary>
    /// <param name="tokens">Of each text.</param>
    public double TextsPerSecond(
        IEnumerable<int> batches, int tokens, TimeSpan duration, CancellationToken cancellationToken)
    {
        var texts = TextsOf(tokens, _maxBatch);
        return batches.Max(batch =>
            batch / BatchTime(TextEncoder, texts.AsMemory(0, batch), duration, cancellationToken).TotalSeconds);
    }

    /// <summary>The mean time of one forward pass over images.</summary>
    public TimeSpan BatchTime(int batch, TimeSpan duration, CancellationToken cancellationToken) =>
        BatchTime(_encoder, _pixels.AsMemory(0, batch), duration, cancellationToken);

    /// <summary>
    /// The time of the next forward pass, which is the first of its shape if it was not run before, and the mean time
    /// of those after it.
    /// </summary>
    /// <param name="tokens">Of each text; null: images.</param>
    public (TimeSpan Next, TimeSpan Later) NextAndLaterTime(
        int batch, int? tokens, TimeSpan duration, CancellationToken cancellationToken) => tokens is { } length
        ? NextAndLaterTime<ReadOnlyMemory<int>>(TextEncoder, TextsOf(length, batch), duration, cancellationToken)
        : NextAndLaterTime(_encoder, _pixels.AsMemory(0, batch), duration, cancellationToken);

    /// <summary>
    /// The median time to decode one image and encode it alone: what a lone caller cannot do without.
    /// </summary>
    public TimeSpan ImageTime(
        IReadOnlyList<ByteString> images, TimeSpan duration, CancellationToken cancellationToken) =>
        MedianTime(images, duration, pixels => Encode([pixels]), cancellationToken);

    /// <summary>The median time to decode and resize one image on one core.</summary>
    public TimeSpan DecodeTime(
        IReadOnlyList<ByteString> images, TimeSpan duration, CancellationToken cancellationToken) =>
        MedianTime(images, duration, _ => { }, cancellationToken);

    public void Dispose()
    {
        _encoder.Dispose();
        _textEncoder?.Dispose();
        _files.Dispose();
    }

    private ReadOnlyMemory<int>[] TextsOf(int tokens, int count)
    {
        _tokenizer ??= ClipTokenizer.Load(_files.TokenizerFolder, Config.ContextLength, Config.VocabularySize);
        return [.. Enumerable.Range(0, count)
            .Select(_ => (ReadOnlyMemory<int>)_tokenizer.Tokenize(UniqueTexts.OfTokens(tokens)).Ids)];
    }

    private (TimeSpan Next, TimeSpan Later) NextAndLaterTime<TInput>(
        IEncoder<TInput> encoder, ReadOnlyMemory<TInput> inputs, TimeSpan duration,
        CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        encoder.Encode(inputs.Span, _embeddings, _norms);
        return (_time.GetElapsedTime(start), BatchTime(encoder, inputs, duration, cancellationToken));
    }

    private TimeSpan BatchTime<TInput>(
        IEncoder<TInput> encoder, ReadOnlyMemory<TInput> inputs, TimeSpan duration,
        CancellationToken cancellationToken) =>
        RawRate.BatchTime(encoder, inputs.Span, FewestBatches, duration, _time, cancellationToken);

    private TimeSpan MedianTime(
        IReadOnlyList<ByteString> images, TimeSpan duration, Action<byte[]> then, CancellationToken cancellationToken)
    {
        var times = new List<TimeSpan>();
        var target = new byte[_preprocessor.OutputLength];
        var start = _time.GetTimestamp();
        for (var i = 0; times.Count < WarmUpImages + FewestBatches || _time.GetElapsedTime(start) < duration; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var began = _time.GetTimestamp();
            _preprocessor.Prepare(images[i % images.Count].Span, new DecodeOptions(), target);
            then(target);
            times.Add(_time.GetElapsedTime(began));
        }

        return TimeSpan.FromSeconds(Statistics.Median(times.Skip(WarmUpImages).Select(each => each.TotalSeconds)));
    }

    private void Encode(ReadOnlySpan<ReadOnlyMemory<byte>> pixels) => _encoder.Encode(pixels, _embeddings, _norms);

    private static ReadOnlyMemory<byte> Noise(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
