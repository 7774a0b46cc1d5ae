using ClipGrpc.Server.Batching;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Server.Images;
using ClipGrpc.Server.Inference;
using ClipGrpc.Server.Models;
using ClipGrpc.Server.Text;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Engine;

/// <summary>A model's files to a variant that serves: checkpoint, tokenizer, two encoders, two lanes, warm-up.</summary>
internal sealed class VariantLoader(
    DeviceScheduler scheduler, PreprocessPool pool, IOptions<InferenceOptions> inference,
    IOptions<BatchingOptions> batching, IOptions<LimitOptions> limits, IOptions<TextCacheOptions> cache, TimeProvider time) : IVariantLoader
{
    public Task<ClipVariant> LoadAsync(ModelRequest request, CancellationToken cancellationToken) =>
        Task.Run(() => LoadOnPoolAsync(request, cancellationToken), cancellationToken);

    private async Task<ClipVariant> LoadOnPoolAsync(ModelRequest request, CancellationToken cancellationToken)
    {
        var options = inference.Value.With(ReadPrecision(request.Precision));
        var folder = ModelLocator.Locate(request.Source);
        var checkpoint = ClipCheckpoint.Open(folder);
        var lanes = new List<BatchLane>();
        try
        {
            var config = checkpoint.Config;
            var tokenizer = ClipTokenizer.Load(folder, config.ContextLength, config.VocabularySize);
            var images = scheduler.AddLane(ImageLane(request.Name, checkpoint, options));
            lanes.Add(images);
            var texts = scheduler.AddLane(TextLane(request.Name, checkpoint, options));
            lanes.Add(texts);
            var preprocessor = new ImagePreprocessor(config.Image, limits.Value.ToImageLimits());
            await WarmUpAsync(images, new byte[preprocessor.OutputLength], cancellationToken);
            await WarmUpAsync(texts, tokenizer.Tokenize("a photo of a cat").Ids, cancellationToken);
            return new ClipVariant(
                Describe(request, checkpoint, options),
                new ImageEmbedder(preprocessor, pool, images, time),
                new TextEmbedder(texts, tokenizer.Tokenize, cache.Value, time),
                lanes,
                checkpoint,
                time);
        }
        catch
        {
            foreach (var lane in lanes) await lane.DisposeAsync();
            checkpoint.Dispose();
            throw;
        }
    }

    private Precision ReadPrecision(string? precision)
    {
        if (precision is null) return inference.Value.Precision;

        var names = Enum.GetNames<Precision>();
        var known = Array.FindIndex(names, name => name.Equals(precision, StringComparison.OrdinalIgnoreCase));
        if (known >= 0) return Enum.GetValues<Precision>()[known];

        throw new ClipException(
            ClipErrorCode.InvalidInput,
            $"precision: \"{precision}\" is not known; there are: {string.Join(", ", names).ToLowerInvariant()}.");
    }

    private LaneDefinition<ReadOnlyMemory<byte>> ImageLane(
        string name, ClipCheckpoint checkpoint, InferenceOptions options) => new()
        {
            Name = $"{name}/image",
            CreateEncoder = () => ClipEncoders.CreateImage(
                checkpoint.Config, checkpoint.Weights, options, batching.Value.MaxBatchSize),
            Release = ImageEmbedder.Release,
        };

    private LaneDefinition<ReadOnlyMemory<int>> TextLane(
        string name, ClipCheckpoint checkpoint, InferenceOptions options) => new()
        {
            Name = $"{name}/text",
            CreateEncoder = () => ClipEncoders.CreateText(
                checkpoint.Config, checkpoint.Weights, options, batching.Value.MaxBatchSize),
            Length = ids => ids.Length,
            LengthBuckets = options.TextLengthsWithin(checkpoint.Config.ContextLength),
        };

    // One and the largest: enough for a line through the cost of a batch, and the runtime has met both shapes.
    private Task WarmUpAsync<TInput>(BatchLane<TInput> lane, TInput sample, CancellationToken cancellationToken) =>
        lane.WarmUpAsync(sample, [1, batching.Value.MaxBatchSize], cancellationToken);

    private VariantDescription Describe(ModelRequest request, ClipCheckpoint checkpoint, InferenceOptions options) => new()
    {
        Name = request.Name,
        Source = request.Source,
        Revision = checkpoint.Revision,
        Precision = options.Precision.ToString().ToLowerInvariant(),
        Provider = options.ProviderName,
        Config = checkpoint.Config,
        LogitScale = checkpoint.LogitScale,
        Parameters = checkpoint.Parameters,
        MaxBatchSize = batching.Value.MaxBatchSize,
        Card = ModelCatalog.Find(request.Source)?.Card ?? new ModelCard(),
    };
}
