using ClipGrpc.Server.Batching;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Server.Images;
using ClipGrpc.Server.Inference;
using ClipGrpc.Server.Models;
using ClipGrpc.Server.Models.Hub;
using ClipGrpc.Server.Text;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Engine;

/// <summary>A model's files to a variant that serves: package, tokenizer, two encoders, two lanes, warm-up.</summary>
internal sealed class VariantLoader(
    DeviceScheduler scheduler, PreprocessPool pool, ModelLocator locator, IModelPackages packages,
    IOptions<InferenceOptions> inference, IOptions<BatchingOptions> batching, IOptions<LimitOptions> limits,
    IOptions<TextCacheOptions> cache, ILogger<VariantLoader> logger, TimeProvider time) : IVariantLoader
{
    private const int CpuWarmUp = 4;

    public Task<ClipVariant> LoadAsync(ModelRequest request, CancellationToken cancellationToken) =>
        Task.Run(() => LoadOnPoolAsync(request, cancellationToken), cancellationToken);

    private async Task<ClipVariant> LoadOnPoolAsync(ModelRequest request, CancellationToken cancellationToken)
    {
        var options = inference.Value.With(ReadPrecision(request.Precision));
        var folder = await locator.LocateAsync(request.Source, new LogProgress(logger), cancellationToken);
        var package = packages.Open(folder, options.Precision);
        var lanes = new List<BatchLane>();
        try
        {
            var config = package.Config;
            var tokenizer = ClipTokenizer.Load(package.TokenizerFolder, config.ContextLength, config.VocabularySize);
            var images = scheduler.AddLane(ImageLane(request.Name, package, options));
            lanes.Add(images);
            var texts = scheduler.AddLane(TextLane(request.Name, package, options));
            lanes.Add(texts);
            var preprocessor = new ImagePreprocessor(config.Image, limits.Value.ToImageLimits());
            await WarmUpAsync(images, new byte[preprocessor.OutputLength], cancellationToken);
            await WarmUpAsync(texts, tokenizer.Tokenize("a photo of a cat").Ids, cancellationToken);
            return new ClipVariant(
                Describe(request, package, options),
                new ImageEmbedder(preprocessor, pool, images, time),
                new TextEmbedder(texts, tokenizer.Tokenize, cache.Value, time),
                lanes,
                package,
                time)
            {
                DrainLimit = batching.Value.ShutdownTimeout,
            };
        }
        catch
        {
            await ClipVariant.FreeAsync(lanes, package);
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
        string name, IModelPackage package, InferenceOptions options) => new()
        {
            Name = $"{name}/image",
            CreateEncoder = () => package.CreateImageEncoder(options, batching.Value.MaxBatchSize),
            Release = ImageEmbedder.Release,
        };

    private LaneDefinition<ReadOnlyMemory<int>> TextLane(
        string name, IModelPackage package, InferenceOptions options) => new()
        {
            Name = $"{name}/text",
            CreateEncoder = () => package.CreateTextEncoder(options, batching.Value.MaxBatchSize),
            Length = ids => ids.Length,
            LengthBuckets = options.TextLengthsWithin(package.Config.ContextLength),
        };

    // Two sizes: enough for a line through the cost of a batch. A GPU chooses its kernels by shape, so it should meet
    // the largest; a CPU does not, and 32 pictures of a ViT-L/14 would take it most of a minute.
    private Task WarmUpAsync<TInput>(BatchLane<TInput> lane, TInput sample, CancellationToken cancellationToken)
    {
        var largest = batching.Value.MaxBatchSize;
        var second = inference.Value.Device == DeviceKind.Cpu ? Math.Min(CpuWarmUp, largest) : largest;
        return lane.WarmUpAsync(sample, [1, second], cancellationToken);
    }

    private VariantDescription Describe(ModelRequest request, IModelPackage package, InferenceOptions options) => new()
    {
        Name = request.Name,
        Source = request.Source,
        Revision = package.Revision,
        Precision = options.Precision.ToString().ToLowerInvariant(),
        Provider = options.ProviderName,
        Config = package.Config,
        LogitScale = package.LogitScale,
        Parameters = package.Parameters,
        MaxBatchSize = batching.Value.MaxBatchSize,
        Card = ModelCatalog.Find(request.Source)?.Card ?? new ModelCard(),
    };
}
