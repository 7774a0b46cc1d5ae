namespace ClipGrpc.Serving.Batching;

/// <summary>
/// The waiting entries of a lane and the rule by which they become batches. One consumer at a time; any number of
/// producers.
/// <para>
/// The oldest interactive entry leads, or the oldest bulk entry when no interactive one waits or
/// <see cref="BatchingOptions.BulkPatience"/> batches have passed bulk work by. The batch takes the leader's length
/// bucket: entries of it join in their order, interactive before bulk. One text of 77 tokens among 31 of 8 would make
/// all of them cost what it costs, so lengths are not mixed, and as the oldest entry always leads no length starves.
/// The exception: all waiting entries of a shorter bucket ride along where their padding costs less than the batch of
/// their own that it saves (α of the cost model; the common case on a GPU, the rare one on a CPU).
/// </para>
/// </summary>
internal sealed class BatchFormer<TInput>
{
    private readonly LaneQueue<TInput>[] _interactive;
    private readonly LaneQueue<TInput>[] _bulk;
    private readonly int _bulkPatience;
    private readonly Action<WorkItem<TInput>> _expired;
    private readonly Action<WorkItem<TInput>> _late;
    private int _batchesPastBulk;

    /// <param name="expired">Answers an entry, already taken, whose deadline has passed.</param>
    /// <param name="late">Answers an entry, already taken, whose deadline would pass before its batch ended.</param>
    public BatchFormer(
        IReadOnlyList<int> lengthBuckets,
        BatchingOptions options,
        Action<WorkItem<TInput>> expired,
        Action<WorkItem<TInput>> late)
    {
        _interactive = MakeQueues(WorkPriority.Interactive);
        _bulk = MakeQueues(WorkPriority.Bulk);
        _bulkPatience = options.BulkPatience;
        _expired = expired;
        _late = late;

        LaneQueue<TInput>[] MakeQueues(WorkPriority priority) =>
            [.. lengthBuckets.Select(length => new LaneQueue<TInput>(priority, length, options.QueueCapacity))];
    }

    /// <summary>Entries that someone waits for.</summary>
    public int Waiting => CountWaiting(_interactive) + CountWaiting(_bulk);

    /// <summary>Nothing is left, not even what was cancelled.</summary>
    public bool IsEmpty => AreEmpty(_interactive) && AreEmpty(_bulk);

    public LaneQueue<TInput> QueueFor(WorkPriority priority, int length)
    {
        var queues = QueuesOf(priority);
        foreach (var queue in queues)
        {
            if (length <= queue.Length)
                return queue;
        }

        return queues[^1];
    }

    /// <summary>
    /// What the size of batches follows from: the warm-up's measurements alone. Later ones are of one size mostly, and a
    /// device that other work slows down looks in them like one with a higher α.
    /// </summary>
    public BatchCost SizingCost { get; set; } = BatchCost.Unknown;

    /// <summary>Device seconds until everything that waits is served.</summary>
    public double BacklogSeconds(BatchCost cost, int maxBatchSize) =>
        SecondsOf(_interactive, null, cost, maxBatchSize, out _) + SecondsOf(_bulk, null, cost, maxBatchSize, out _);

    /// <summary>Device seconds until a new entry of this queue is served, its own batch included.</summary>
    public double SecondsUntilServed(LaneQueue<TInput> joined, BatchCost cost, int maxBatchSize)
    {
        var interactive = SecondsOf(_interactive, joined, cost, maxBatchSize, out var batches);
        var bulk = SecondsOf(_bulk, joined, cost, maxBatchSize, out var bulkBatches);
        if (joined.Priority == WorkPriority.Bulk)
            return interactive + bulk;
        if (bulkBatches == 0)
            return interactive;

        var turns = Math.Min((batches + _batchesPastBulk) / _bulkPatience, bulkBatches);
        return interactive + turns * bulk / bulkBatches;
    }

    /// <summary>The oldest entry that still waits, by priority.</summary>
    public WorkItem<TInput>? Oldest() => ChooseLeader()?.Oldest;

    /// <summary>Fills an empty batch; it stays empty when nothing is left that is worth running.</summary>
    public void Form(Batch<TInput> batch, long now, BatchCost cost, MonotonicClock clock)
    {
        var fill = new Fill(this, batch, now, cost, clock);
        while (batch.Count == 0 && ChooseLeader() is { } leader)
        {
            var queue = leader.Queue;
            batch.Start(queue.Length, SizingCost.LargestSize(queue.Length, batch.Capacity));
            fill.From(queue);
            fill.From(Counterpart(queue));
        }

        if (batch.Count == 0)
            return;
        AddRiders(fill, batch, cost);
        CountBulk(batch);
        if (batch.IsFull)
            batch.Reason = BatchReason.Full;
    }

    /// <summary>Takes out one waiting entry, whichever; null when none is left.</summary>
    public WorkItem<TInput>? TakeAny()
    {
        foreach (var queue in _interactive.Concat(_bulk))
        {
            while (queue.TryPeek(out var item))
            {
                queue.RemoveHead();
                if (item.TryTake())
                    return item;
            }
        }

        return null;
    }

    public void Close()
    {
        foreach (var queue in _interactive.Concat(_bulk))
            queue.Close();
    }

    private (LaneQueue<TInput> Queue, WorkItem<TInput> Oldest)? ChooseLeader() =>
        _batchesPastBulk >= _bulkPatience
            ? ChooseOldest(_bulk) ?? ChooseOldest(_interactive)
            : ChooseOldest(_interactive) ?? ChooseOldest(_bulk);

    private static (LaneQueue<TInput> Queue, WorkItem<TInput> Oldest)? ChooseOldest(LaneQueue<TInput>[] queues)
    {
        (LaneQueue<TInput>, WorkItem<TInput> Oldest)? best = null;
        foreach (var queue in queues)
        {
            if (queue.TryPeek(out var head) && !(best?.Oldest.Enqueued <= head.Enqueued))
                best = (queue, head);
        }

        return best;
    }

    private void AddRiders(Fill fill, Batch<TInput> batch, BatchCost cost)
    {
        for (var i = Array.FindIndex(_interactive, queue => queue.Length == batch.Length) - 1; i >= 0; i--)
        {
            var riders = _interactive[i].Waiting + _bulk[i].Waiting;
            var padding = cost.Beta * riders * (batch.Length - _interactive[i].Length);
            if (riders == 0 || batch.Count + riders > batch.Limit || padding >= cost.Alpha)
                continue;
            fill.From(_interactive[i]);
            fill.From(_bulk[i]);
        }
    }

    private void CountBulk(Batch<TInput> batch)
    {
        foreach (var item in batch.Items)
        {
            if (item.Priority == WorkPriority.Bulk)
            {
                _batchesPastBulk = 0;
                return;
            }
        }

        _batchesPastBulk = CountWaiting(_bulk) > 0 ? _batchesPastBulk + 1 : 0;
    }

    private LaneQueue<TInput>[] QueuesOf(WorkPriority priority) =>
        priority == WorkPriority.Bulk ? _bulk : _interactive;

    private LaneQueue<TInput> Counterpart(LaneQueue<TInput> queue) =>
        queue.Priority == WorkPriority.Bulk
            ? _interactive[Array.IndexOf(_bulk, queue)]
            : _bulk[Array.IndexOf(_interactive, queue)];

    private static bool AreEmpty(LaneQueue<TInput>[] queues)
    {
        foreach (var queue in queues)
        {
            if (!queue.IsEmpty)
                return false;
        }

        return true;
    }

    private static int CountWaiting(LaneQueue<TInput>[] queues)
    {
        var count = 0;
        foreach (var queue in queues)
            count += queue.Waiting;
        return count;
    }

    private double SecondsOf(
        LaneQueue<TInput>[] queues, LaneQueue<TInput>? joined, BatchCost cost, int maxBatchSize, out int batches)
    {
        double seconds = 0;
        batches = 0;
        foreach (var queue in queues)
        {
            var waiting = queue.Waiting + (queue == joined ? 1 : 0);
            var largest = SizingCost.LargestSize(queue.Length, maxBatchSize);
            var own = (waiting + largest - 1) / largest;
            seconds += own * cost.Alpha + cost.Beta * waiting * queue.Length;
            batches += own;
        }

        return seconds;
    }

    /// <summary>Moves entries into one batch while it stays in time for all that are in it.</summary>
    private sealed class Fill(
        BatchFormer<TInput> former, Batch<TInput> batch, long now, BatchCost cost, MonotonicClock clock)
    {
        private long _earliest = MonotonicClock.Never;

        public void From(LaneQueue<TInput> queue)
        {
            // Up to here a batch is worth its overhead: who cannot wait even for that is turned away, because a tiny
            // batch for one late entry would make the next ones late as well.
            var available = Math.Max(batch.Count + queue.Waiting, 1);
            var efficient = Math.Min(cost.EfficientSize(batch.Length, batch.Limit), available);
            while (!batch.IsFull && queue.TryPeek(out var item))
            {
                var late = item.Deadline < EndOf(efficient) && !IsLastResort(item);
                if (!late && batch.Count >= efficient && EndOf(batch.Count + 1) > Math.Min(_earliest, item.Deadline))
                {
                    batch.Reason = BatchReason.Deadline;
                    return;
                }

                queue.RemoveHead();
                if (!item.TryTake())
                    continue;
                if (item.Deadline <= now)
                    former._expired(item);
                else if (late)
                    former._late(item);
                else
                    Add(item);
            }
        }

        /// <summary>
        /// Nothing else is there to run, so it costs nobody anything to try; and a cost model that is too high learns
        /// only from batches that run.
        /// </summary>
        private bool IsLastResort(WorkItem<TInput> item) =>
            batch.Count == 0 && former.Waiting == (item.IsWaiting ? 1 : 0);

        private void Add(WorkItem<TInput> item)
        {
            batch.Add(item);
            _earliest = Math.Min(_earliest, item.Deadline);
        }

        private long EndOf(int size) => clock.Add(now, cost.CautiousSeconds((double)size * batch.Length));
    }
}
