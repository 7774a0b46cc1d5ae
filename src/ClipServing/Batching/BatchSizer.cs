namespace ClipGrpc.Serving.Batching;

/// <summary>
/// How many items a batch takes. The first figure follows from the warm-up's measurements; as those may have been
/// disturbed, a batch of twice the size is tried now and then where enough work waits, and if it gains, stays.
/// The line through all batches cannot decide it: later ones are of one size mostly, and a device that other work
/// slows down looks in them like one with more overhead per batch.
/// </summary>
internal sealed class BatchSizer(int maxBatchSize)
{
    /// <summary>Full batches from one trial to the next.</summary>
    private const int BatchesPerTrial = 32;

    private const int TrialsPerDecision = 3;

    /// <summary>A larger batch must gain that share, or callers only wait longer.</summary>
    private const double LeastGain = 0.05;

    private const double UsualGain = 0.2;

    private readonly List<double> _trials = [];
    private double _usual;
    private int _usualLength;
    private int _fullBatches;
    private double _growth = 1;

    /// <summary>As the warm-up measured it.</summary>
    public BatchCost WarmUpCost { get; set; } = BatchCost.Unknown;

    /// <summary>The next full batch may be of twice the size.</summary>
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
            _usualLength = 0; // the usual time is of another size now
        }

        _trials.Clear();
    }

    private void Forget()
    {
        _trials.Clear();
        _fullBatches = 0;
    }
}
