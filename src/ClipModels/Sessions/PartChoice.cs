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

    private sealed class Measured
    {
        private readonly Recent _whole = new();
        private readonly Recent _inParts = new();
        private int _sinceTrial;

        public bool IsNextInParts()
        {
            if (!_whole.IsFull || !_inParts.IsFull)
                return _inParts.Count <= _whole.Count;

            var isFaster = _inParts.Median < _whole.Median;
            return _sinceTrial >= BatchesPerTrial ? !isFaster : isFaster;
        }

        public void Add(bool inParts, double seconds)
        {
            var isTrial = _whole.IsFull && _inParts.IsFull && inParts != _inParts.Median < _whole.Median;
            _sinceTrial = isTrial ? 0 : _sinceTrial + 1;
            (inParts ? _inParts : _whole).Add(seconds);
        }
    }

    /// <summary>The last measurements of one way; their median is not moved by one that was disturbed.</summary>
    private sealed class Recent
    {
        private const int Capacity = 5;

        private readonly double[] _seconds = new double[Capacity];

        public int Count { get; private set; }

        public bool IsFull => Count >= Capacity;

        public double Median { get; private set; }

        public void Add(double seconds)
        {
            _seconds[Count++ % Capacity] = seconds;
            var count = Math.Min(Count, Capacity);
            var ordered = _seconds[..count];
            Array.Sort(ordered);
            Median = ordered[count / 2];
        }
    }
}
