using ClipGrpc.Models.Sessions;
using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Batching;

/// <summary>Callers with one text each at a time, of many lengths, on a processor.</summary>
public sealed class TextPaddingSimulationTests
{
    private const int Context = 77;
    private const int Batches = 2_000;

    private readonly MonotonicClock _clock = new(new FakeTimeProvider());
    private readonly TextLengths _lengths = TextLengths.Of(
        new InferenceOptions(), new ExecutionDevice("CPU", "cpu", IsProcessor: true, null), Context);

    private readonly Random _random = new(1);

    /// <param name="callers">Half of them wait while the texts of the others run.</param>
    /// <param name="mostTokens">Lengths are spread evenly from 3 to this.</param>
    /// <param name="overhead">The fixed cost of a batch, in tokens.</param>
    [Theory]
    [InlineData(32, 77, 0)]
    [InlineData(32, 77, 20)]
    [InlineData(32, 20, 20)]
    [InlineData(8, 77, 20)]
    [InlineData(256, 77, 20)]
    [InlineData(32, 77, 100)]
    public void Form_TextsOfManyLengths_PaddingIsAtMostATenth(int callers, int mostTokens, double overhead)
    {
        var options = new BatchingOptions();
        var queues = new ItemQueues(_lengths.Groups, options.QueueCapacity, options.QueueCapacity);
        var policy = new BatchPolicy(
            queues, options, new BatchSizer(options.MaxBatchSize), _clock, workers: 1, _lengths.MostPadding);
        var outlook = new BatchOutlook(1) { Cost = new BatchCost(overhead, 1, 0) };
        var tokens = new Dictionary<WaitingItem, int>();
        long needed = 0, run = 0;
        for (var i = 0; i < Batches; i++)
        {
            while (tokens.Count < callers / 2)
                Add(queues, tokens, _random.Next(3, mostTokens + 1));
            var texts = policy.Form(outlook).Items.ToList();
            var lengths = texts.Select(text => tokens[text]).ToList();
            needed += lengths.Sum();
            run += lengths.Count * _lengths.PadTo(lengths.Max());
            foreach (var text in texts)
            {
                queues.Remove(text, isServed: true);
                tokens.Remove(text);
            }
        }

        Assert.True(run - needed <= 0.1 * run, $"{(run - needed) / (double)run:P1} of the tokens are padding.");
    }

    private void Add(ItemQueues queues, Dictionary<WaitingItem, int> tokens, int length)
    {
        var item = new WaitingItem(WorkPriority.Interactive, queues.LengthFor(length))
        {
            Enqueued = _clock.Now,
            Deadline = MonotonicClock.Never,
        };
        queues.Add(item);
        tokens.Add(item, length);
    }
}
