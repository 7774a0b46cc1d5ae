using System.Diagnostics;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>
/// Measures one candidate in this process: first as the server runs the model, then its encoders alone.
/// </summary>
internal sealed class CandidateMeasurement(
    IModelLoader loader, IModelOpener opener, InferenceOptions inference, BatchingOptions batching, TimeProvider time)
{
    private static readonly int[] TextTokens = [10, 77];

    private readonly Samples _samples = new();

    /// <param name="folder">Of the model.</param>
    /// <param name="duration">Of each measurement.</param>
    /// <param name="ready">Called after the first embeddings.</param>
    /// <exception cref="ClipException">The candidate cannot run the model.</exception>
    public async Task<Measurement> RunAsync(Candidate candidate, string folder, TimeSpan duration, Action ready)
    {
        var spec = new ModelSpec(
            ModelName.FromSource(folder), folder, candidate.PrecisionName, $"{candidate.Device}");
        var served = await MeasureServedAsync(spec, duration, ready);
        return AddRaw(served, candidate, folder, duration);
    }

    private async Task<Measurement> MeasureServedAsync(ModelSpec spec, TimeSpan duration, Action ready)
    {
        await using var model = await loader.LoadAsync(spec, CancellationToken.None);
        var served = new InProcessModel(model, duration, time);
        var context = model.Info.Config.ContextLength;
        await served.EmbedAsync(_samples.NextPhoto());
        await served.EmbedAsync(_samples.NextTextInput(TextTokens[0]));
        ready();
        var loaded = Environment.WorkingSet;

        var embeddings = new List<float[]>();
        foreach (var sample in _samples.All)
            embeddings.Add(await served.EmbedAsync(sample));
        var single = await served.MeasureSingleAsync(_samples.NextPhoto);
        var callers = served.CallersFor(single);
        var images = await served.MeasureRateAsync(_samples.NextPhoto, callers);
        var texts = new List<TextRate>();
        foreach (var tokens in TextTokens.Select(tokens => Math.Min(tokens, context)))
        {
            var rate = await served.MeasureRateAsync(() => _samples.NextTextInput(tokens), callers);
            texts.Add(new TextRate(tokens, rate, 0));
        }

        using var process = Process.GetCurrentProcess();
        return new Measurement
        {
            Provider = model.Info.Provider,
            ImagesPerSecond = images,
            RawImagesPerSecond = 0,
            Texts = texts,
            OneImageMilliseconds = single.TotalMilliseconds,
            LoadedBytes = loaded,
            PeakBytes = process.PeakWorkingSet64,
            Embeddings = [.. embeddings],
        };
    }

    private Measurement AddRaw(Measurement served, Candidate candidate, string folder, TimeSpan duration)
    {
        var options = inference.For("", candidate.Device, candidate.Precision);
        var most = batching.MaxBatchSize;
        using var files = opener.Open(folder, candidate.Precision);
        var config = files.Config;
        var tokenizer = ClipTokenizer.Load(files.TokenizerFolder, config.ContextLength, config.VocabularySize);
        double images;
        using (var encoder = files.CreateImageEncoder(options, most))
            images = RawRate.Measure(encoder, () => _samples.NextPixels(Length(config.Image)), most, duration, time);

        using var texts = files.CreateTextEncoder(options, most);
        return served with
        {
            RawImagesPerSecond = images,
            Texts = [.. served.Texts.Select(text => text with { RawTextsPerSecond = RateOf(text.Tokens) })],
        };

        double RateOf(int tokens) => RawRate.Measure(
            texts, () => tokenizer.Tokenize(UniqueTexts.OfTokens(tokens)).Ids, most, duration, time);
    }

    private static int Length(ImageTransform image) => image.Size * image.Size * 3;
}
