using ClipGrpc.Models;
using ClipGrpc.Models.Cards;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Hub;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Budget;
using ClipGrpc.Serving.Preprocessing;
using ClipGrpc.Serving.Texts;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Serving.Models;

/// <summary>A model spec to a model that serves: files, tokenizer, two encoders, two queues, warm-up.</summary>
internal sealed class ModelLoader(
    DeviceSchedulers schedulers, PreprocessPool pool, MemoryBudget memory, ModelLocator locator, IModelOpener opener,
    IOptions<InferenceOptions> inference, IOptions<BatchingOptions> batching, IOptions<LimitOptions> limits,
    IOptions<TextCacheOptions> cache, ILogger<ModelLoader> logger, TimeProvider time) : IModelLoader
{
    private const int CpuWarmUp = 4;

    // On two cores one image takes a ViT-B/32 0.1 s, a ViT-B/16 0.4 s and a ViT-L/14 1 to 2 s; the larger ones gain
    // little from batches.
    private static readonly TimeSpan LongestCpuWarmUp = TimeSpan.FromSeconds(0.3);

    /// <remarks>
    /// Cancellation returns to the caller at once, though a file system that does not respond keeps the thread that
    /// reads from it: no call in .NET or the kernel interrupts it. So every step that reads files has its own thread.
    /// </remarks>
    public async Task<RunningModel> LoadAsync(ModelSpec spec, CancellationToken cancellationToken)
    {
        var load = OnOwnThread(() => LoadHereAsync(spec, cancellationToken)).Unwrap();
        try
        {
            return await load.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!load.IsCompleted)
        {
            _ = AbandonAsync(spec.Name, load);
            throw;
        }
    }

    private static Task<T> OnOwnThread<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
        TaskScheduler.Default);

    /// <summary>Frees what a load makes that nobody waits for any more.</summary>
    private async Task AbandonAsync(string name, Task<RunningModel> load)
    {
        logger.LoadAbandoned(name);
        await ((Task)load).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (load.IsCompletedSuccessfully)
            await load.Result.DisposeAsync();
    }

    private async Task<RunningModel> LoadHereAsync(ModelSpec spec, CancellationToken cancellationToken)
    {
        var options = inference.Value.For(spec.Name, ReadDevice(spec.Device), ReadPrecision(spec.Precision));
        // Before a model is downloaded for a device that is not there.
        var device = ExecutionDevice.Resolve(options);
        var started = time.GetTimestamp();
        var folder = await locator.LocateAsync(
            spec.Source, options.Precision, new LogProgress(logger), cancellationToken);
        var located = time.GetTimestamp();
        var files = await OnOwnThread(() => opener.Open(folder, options.Precision));
        var queues = new List<TowerQueue>();
        try
        {
            var config = files.Config;
            var tokenizer = await OnOwnThread(
                () => ClipTokenizer.Load(files.TokenizerFolder, config.ContextLength, config.VocabularySize));
            var opened = time.GetTimestamp();
            var (images, texts) = await AddQueuesAsync(
                schedulers.For(device), queues, ImageQueue(spec.Name, files, options),
                TextQueue(spec.Name, files, options));
            var preprocessor = new ImagePreprocessor(
                config.Image, limits.Value.ToImageLimits(), memory.Decoding);
            var created = time.GetTimestamp();
            cancellationToken.ThrowIfCancellationRequested();
            await WarmUpAsync(device, images, new byte[preprocessor.OutputLength], cancellationToken);
            await WarmUpAsync(device, texts, tokenizer.Tokenize("a photo of a cat").Ids, cancellationToken);
            logger.ModelPhases(
                spec.Name, Seconds(started, located), Seconds(located, opened), Seconds(opened, created),
                Seconds(created, time.GetTimestamp()));
            var identity = await OnOwnThread(files.Identify);
            return new RunningModel(
                Describe(spec, files, tokenizer, identity, options, device),
                new ImageEmbedder(preprocessor, pool, images, time),
                new TextEmbedder(texts, tokenizer.Tokenize, cache.Value, time),
                queues,
                files,
                time)
            {
                DrainLimit = batching.Value.ShutdownTimeout,
            };
        }
        catch
        {
            await RunningModel.FreeAsync(queues, files);
            throw;
        }
    }

    private double Seconds(long start, long end) => time.GetElapsedTime(start, end).TotalSeconds;

    private static DeviceSpec? ReadDevice(string? device) =>
        device is null ? null
        : DeviceSpec.TryParse(device, out var spec) ? spec
        : throw new ClipException(
            ClipErrorReason.InvalidField, $"\"{Excerpt.Of(device)}\" is not a device; use {DeviceSpec.Forms}.")
            .At("device");

    private static Precision? ReadPrecision(string? precision)
    {
        if (precision is null)
            return null;

        var names = Enum.GetNames<Precision>();
        var known = Array.FindIndex(names, name => name.Equals(precision, StringComparison.OrdinalIgnoreCase));
        if (known >= 0)
            return Enum.GetValues<Precision>()[known];

        throw new ClipException(
            ClipErrorReason.InvalidField,
            $"\"{precision}\" is not known; known are {string.Join(", ", names).ToLowerInvariant()}.").At("precision");
    }

    private TowerQueueDefinition<ReadOnlyMemory<byte>> ImageQueue(
        string name, ModelFiles files, InferenceOptions options) => new()
        {
            Name = $"{name}/image",
            CreateEncoder = () => files.CreateImageEncoder(options, batching.Value.MaxBatchSize),
            Release = ImageEmbedder.Release,
        };

    private TowerQueueDefinition<ReadOnlyMemory<int>> TextQueue(
        string name, ModelFiles files, InferenceOptions options)
    {
        var lengths = files.TextLengthsFor(options);
        return new()
        {
            Name = $"{name}/text",
            CreateEncoder = () => files.CreateTextEncoder(options, batching.Value.MaxBatchSize),
            Length = ids => ids.Length,
            LengthBuckets = lengths.Groups,
            MostPadding = lengths.MostPadding,
        };
    }

    /// <summary>Makes both towers at once: neither keeps more than one core busy while it is made.</summary>
    /// <param name="queues">Gets those that are there, also when the other one cannot be made.</param>
    private static async Task<(TowerQueue<ReadOnlyMemory<byte>> Images, TowerQueue<ReadOnlyMemory<int>> Texts)>
        AddQueuesAsync(
            DeviceScheduler scheduler, List<TowerQueue> queues, TowerQueueDefinition<ReadOnlyMemory<byte>> image,
        TowerQueueDefinition<ReadOnlyMemory<int>> text)
    {
        var images = OnOwnThread(() => scheduler.AddQueue(image));
        var texts = OnOwnThread(() => scheduler.AddQueue(text));
        await Task.WhenAll(images, texts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (images.IsCompletedSuccessfully)
            queues.Add(images.Result);
        if (texts.IsCompletedSuccessfully)
            queues.Add(texts.Result);
        return (await images, await texts);
    }

    // Two sizes: enough for a line through the cost of a batch. A GPU chooses its kernels by shape, so it should meet
    // the largest. A CPU does not: it has only to be measured, and a large model not even that beyond one image.
    private Task WarmUpAsync<TInput>(
        ExecutionDevice device, TowerQueue<TInput> queue, TInput sample, CancellationToken cancellationToken)
    {
        var largest = batching.Value.MaxBatchSize;
        var plan = device.IsProcessor
            ? new WarmUpPlan(1, Math.Min(CpuWarmUp, largest))
            {
                RepeatsEverySize = false,
                LongestPass = LongestCpuWarmUp,
            }
            : new WarmUpPlan(1, largest);
        return queue.WarmUpAsync(sample, plan, cancellationToken);
    }

    private ModelInfo Describe(
        ModelSpec spec, ModelFiles files, ClipTokenizer tokenizer, string identity, InferenceOptions options,
        ExecutionDevice device) => new()
        {
            Name = spec.Name,
            Source = spec.Source,
            Identity = identity,
            Revision = ModelIdentity.Shorten(identity),
            Precision = options.Precision.Name(),
            Provider = device.Provider,
            Device = device.Name,
            Config = files.Config,
            LogitScale = files.LogitScale,
            TextTokens = (tokenizer.StartToken, tokenizer.EndToken),
            Parameters = files.Parameters,
            MaxBatchSize = batching.Value.MaxBatchSize,
            Card = ModelCatalog.Find(spec.Source)?.Card ?? new ModelCard(),
        };
}
