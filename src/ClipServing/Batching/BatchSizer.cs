namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Determines the maximum number of items per batch. The initial value is computed from the warm-up's measurements. As
/// these can be disturbed, a batch of twice the size is tried occasionally if enough items are queued, and twice the
/// size becomes the maximum if it is faster per item. The line through all batches cannot determine this, because most
/// later batches have one size, and in them other load on the device appears as overhead per batch.
/// </summary>
internal sealed class BatchSizer(int maxBatchSize)
{
    /// <summary>Full batches from one trial to the next.</summary>
    private const int BatchesPerTrial = 32;

    private const int TrialsPerDecision = 3;

    /// <summary>Minimum gain of a larger batch; with less, callers only wait longer.</summary>
    private const double LeastGain = 0.05;

    private const double UsualGain = 0.2;

    private readonly List<double> _trials = [];
    private double _usual;
    private int _usualLength;
    private int _fullBatches;
    private double _growth = 1;

    /// <summary>The cost that was measured at warm-up.</summary>
    public BatchCost WarmUpCost { get; set; } = BatchCost.Unknown;

    /// <summary>Whether the next full batch can have twice the size.</summary>
    public bool IsTrialDue => _fullBatches >= BatchesPerTrial;

    public int Limit(int length) =>
        (int)Math.Min(WarmUpCost.LargestSize(length, maxBatchSize) * _growth, maxBatchSize);

    public int TrialLimit(int length) => Math.Min(2 * Limit(length), maxBatchSize);

    public void Observe(int size, int length, double seconds)
    {
        var limit = Limit(length);
        if (size < limit || limit == maxBatchSize)
            return;

        var perUnit = seconds / ((double)size * length);
        if (size == limit)
            ObserveUsual(length, perUnit);
        else if (length == _usualLength && size == TrialLimit(length))
            ObserveTrial(perUnit);
    }

    private void ObserveUsual(int length, double perUnit)
    {
        if (length != _usualLength)
        {
            Forget();
            _usualLength = length;
            _usual = perUnit;
        }

        _usual += UsualGain * (perUnit - _usual);
        _fullBatches++;
    }

    private void ObserveTrial(double perUnit)
    {
        _fullBatches = 0;
        _trials.Add(perUnit);
        if (_trials.Count < TrialsPerDecision)
            return;

        _trials.Sort();
        if (_trials[TrialsPerDecision / 2] < _usual * (1 - LeastGain))
        {
            _growth *= 2;
            _usualLength = 0; // the usual time was that of the previous size
        }

        _trials.Clear();
    }

    private void Forget()
    {
        _trials.Clear();
        _fullBatches = 0;
    }
}
