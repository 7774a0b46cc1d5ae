using System.Numerics;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// Decides for each batch on a processor whether its cores share each operator, or each core runs a part of the batch.
/// Cores that share operators wait for each other after every one of them, also for a core that decodes images
/// meanwhile; in parts, they wait once. Which is faster depends on model, precision, processor and size, so it is
/// learned from the batches themselves, and the slower way is tried again now and then.
/// </summary>
internal sealed class PartChoice(int cores)
{
    /// <summary>Batches from one trial of the slower way to the next.</summary>
    private const int BatchesPerTrial = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<(int Size, int Length), Measured> _measured = [];

    /// <summary>The number of parts of the next batch; 1: the cores share its operators.</summary>
    /// <param name="count">Its inputs.</param>
    /// <param name="length">Their length, such as the number of tokens.</param>
    public int PartsOf(int count, int length)
    {
        var parts = MostParts(count);
        lock (_lock)
            return parts > 1 && Of(count, length).IsNextInParts() ? parts : 1;
    }

    /// <summary>The most inputs of a part.</summary>
    public static int PartSize(int count, int parts) => (count + parts - 1) / parts;

    public void Observe(int count, int length, int parts, TimeSpan duration)
    {
        if (MostParts(count) <= 1)
            return;
        lock (_lock)
            Of(count, length).Add(parts > 1, duration.TotalSeconds / ((double)count * length));
    }

    // As few parts as have the same largest size: 5 inputs on 4 cores make 3 parts, of 2, 2 and 1.
    private int MostParts(int count)
    {
        var size = PartSize(count, cores);
        return PartSize(count, size);
    }

    private Measured Of(int count, int length)
    {
        var key = (BitOperations.Log2((uint)count), BitOperations.Log2((uint)length));
        if (!_measured.TryGetValue(key, out var measured))
            _measured.Add(key, measured = new Measured());
        return measured;
    }

    /// <summary>
    /// The ways are compared by pairs of batches that ran shortly after each other. Measurements of different times
    /// would mislead: when the machine is slow for a moment, every way would seem slower than the one not in use.
    /// </summary>
    private sealed class Measured
    {
        private const int Pairs = 5;

        private readonly List<double> _ratios = []; // time in parts ÷ whole, of the latest pairs
        private double _inParts; // of the next pair; 0: none yet
        private double _whole;
        private int _sincePair;

        // Not moved by a batch that was disturbed.
        private double Median => _ratios.Order().ElementAt(Pairs / 2);

        public bool IsNextInParts()
        {
            if (_ratios.Count < Pairs)
                return _inParts == 0;

            var isFaster = Median < 1;
            return _sincePair >= BatchesPerTrial ? !isFaster : isFaster;
        }

        public void Add(bool inParts, double seconds)
        {
            (inParts ? ref _inParts : ref _whole) = seconds;
            _sincePair++;
            if (_inParts == 0 || _whole == 0)
                return;

            if (_ratios.Count == Pairs)
                _ratios.RemoveAt(0);
            _ratios.Add(_inParts / _whole);
            (_inParts, _whole, _sincePair) = (0, 0, 0);
        }
    }
}
