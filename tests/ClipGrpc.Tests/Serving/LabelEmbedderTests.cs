using System.Collections.Concurrent;
using ClipGrpc.Models.Cards;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Texts;
using ClipGrpc.Tests.Batching;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Serving;

public sealed class LabelEmbedderTests : BatchingTest
{
    private const int Dimensions = 20;

    private readonly ConcurrentQueue<string> _tokenized = new();

    [Fact(Timeout = 30_000)]
    public async Task GetOrCreateAsync_NewSet_TokenizesEachSentenceOnce()
    {
        await using var model = Running();
        var labels = new LabelEmbedder(new LabelSetStore(1 << 20), new SilentObserver(), Clock);
        var definition = new LabelSetDefinition(["cat", "dog"], ["{}", "a {}"]);

        var set = await labels
            .GetOrCreateAsync(model, definition, new WorkContext(WorkPriority.Interactive, null, default))
            .WaitAsync(Limit);

        Assert.Equal(2 * Dimensions, set.Embeddings.Length);
        Assert.Equal(["a cat", "a dog", "cat", "dog"], _tokenized.Order(StringComparer.Ordinal));
    }

    private RunningModel Running()
    {
        var queue = Scheduler.AddQueue(new TowerQueueDefinition<ReadOnlyMemory<int>>
        {
            Name = "m/text",
            CreateEncoder = () => new LengthEncoder(),
        });
        var texts = new TextEmbedder(queue, Tokenize, new TextCacheOptions { MaxBytes = 0 }, Clock);
        return new RunningModel(Info, images: null!, texts, [queue], new NoWeights(), Clock);
    }

    private TokenizedText Tokenize(string text)
    {
        _tokenized.Enqueue(text);
        return new TokenizedText([text.Length], 3);
    }

    private static ModelInfo Info { get; } = new()
    {
        Name = "m",
        Source = "m",
        Identity = "r",
        Revision = "r",
        Precision = "fp32",
        Provider = "CPU",
        Device = "cpu",
        Config = TestConfigs.Create(dimensions: Dimensions),
        LogitScale = 100,
        Parameters = 1,
        MaxBatchSize = 4,
        Card = new ModelCard(),
    };

    private sealed class LengthEncoder : IEncoder<ReadOnlyMemory<int>>
    {
        public int Dimensions => LabelEmbedderTests.Dimensions;

        public void Encode(ReadOnlySpan<ReadOnlyMemory<int>> inputs, Span<float> embeddings, Span<float> norms)
        {
            for (var i = 0; i < inputs.Length; i++)
                embeddings.Slice(i * Dimensions, Dimensions).Fill(inputs[i].Span[0]);
        }

        public void Dispose()
        {
        }
    }

    private sealed class NoWeights : IDisposable
    {
        public void Dispose()
        {
        }
    }

    private sealed class SilentObserver : ICacheObserver
    {
        public void CacheAsked(string cache, bool hit)
        {
        }
    }
}
