using ClipGrpc.Imaging.Resizing;
using ClipGrpc.LoadTest.Models;
using ClipGrpc.Models.Cards;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Preprocessing;
using ClipGrpc.Serving.Texts;
using Microsoft.Extensions.Options;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>
/// Makes models whose encoders answer at once, behind the server's own queues. Images are of <see cref="ImageSize"/>,
/// so that raw pixels of that size need no resize.
/// </summary>
internal sealed class EmptyModelLoader(
    DeviceSchedulers schedulers, PreprocessPool pool, IOptions<LimitOptions> limits, IOptions<TextCacheOptions> cache,
    TimeProvider time) : IModelLoader
{
    /// <summary>100 × 100 RGB pixels are a spec of 30 kB.</summary>
    public const int ImageSize = 100;

    /// <summary>512 floats are a response of 2 kB.</summary>
    public const int Dimensions = 512;

    private static readonly TokenizedText AnyText = new([0, 1], 2);

    public Task<RunningModel> LoadAsync(ModelSpec spec, CancellationToken cancellationToken)
    {
        var config = Architecture.Find("ViT-B-32") with
        {
            Image = new ImageTransform(ImageSize, CropRounding.HalfEven),
        };
        var scheduler = schedulers.ForProcessor();
        var images = scheduler.AddQueue(new TowerQueueDefinition<ReadOnlyMemory<byte>>
        {
            Name = $"{spec.Name}/image",
            CreateEncoder = () => new FixedEncoder<ReadOnlyMemory<byte>>(Dimensions),
            Release = ImageEmbedder.Release,
        });
        var texts = scheduler.AddQueue(new TowerQueueDefinition<ReadOnlyMemory<int>>
        {
            Name = $"{spec.Name}/text",
            CreateEncoder = () => new FixedEncoder<ReadOnlyMemory<int>>(Dimensions),
        });
        var preprocessor = new ImagePreprocessor(config.Image, limits.Value.ToImageLimits());
        return Task.FromResult(new RunningModel(
            Describe(spec, config), new ImageEmbedder(preprocessor, pool, images, time),
            new TextEmbedder(texts, _ => AnyText, cache.Value, time), [images, texts], new MemoryStream(), time));
    }

    private ModelInfo Describe(ModelSpec spec, ClipConfig config) => new()
    {
        Name = spec.Name,
        Source = "empty",
        Identity = "none",
        Revision = "none",
        Precision = "fp32",
        Provider = "none",
        Device = "none",
        Config = config,
        LogitScale = 100,
        Parameters = 0,
        MaxBatchSize = schedulers.Options.MaxBatchSize,
        Card = new ModelCard(),
    };
}
