using System.Collections.Concurrent;
using System.Threading.Channels;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Tests.Batching;

/// <summary>
/// Makes encoders whose embedding of the number n is [n, 2n]. While <see cref="Gated"/>, a batch waits in the encoder
/// until the test releases it. The plug is the input 0.
/// </summary>
internal sealed class ScriptedDevice
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Channel<int[]> _started = Channel.CreateUnbounded<int[]>();
    private readonly SemaphoreSlim _release = new(0);
    private volatile Action? _coreIdle;
    private int _created;
    private int _disposed;
    private int _running;
    private int _mostRunning;

    public bool Gated { get; set; } = true;

    /// <summary>Runs inside the encoder after the release; may throw or move the clock.</summary>
    public Action<int[]>? OnRun { get; set; }

    /// <summary>Runs before an encoder is made; may throw or block.</summary>
    public Action<int>? OnCreate { get; set; }

    /// <summary>Inputs whose embedding is not a number.</summary>
    public HashSet<int> NotFinite { get; } = [];

    public ConcurrentQueue<int[]> Batches { get; } = new();

    public int Created => Volatile.Read(ref _created);

    public int Disposed => Volatile.Read(ref _disposed);

    public int MostRunning => Volatile.Read(ref _mostRunning);

    public IEncoder<int> Create()
    {
        var number = Interlocked.Increment(ref _created);
        OnCreate?.Invoke(number);
        return new Encoder(this);
    }

    public async Task<int[]> NextBatchAsync() => await _started.Reader.ReadAsync().AsTask().WaitAsync(Limit);

    /// <summary>Forgets the batches that have started, such as those of the warm-up.</summary>
    public void SkipBatches()
    {
        while (_started.Reader.TryRead(out _))
        {
        }
    }

    public bool LeavesCoresIdle { get; set; }

    /// <summary>The batch that started last leaves a core idle.</summary>
    public void LeaveCoreIdle() => _coreIdle!();

    public void Release(int batches = 1) => _release.Release(batches);

    /// <summary>Lets this batch and all later ones pass.</summary>
    public void Open()
    {
        Gated = false;
        Release(1000);
    }

    private void Run(int[] inputs, Action? coreIdle)
    {
        _coreIdle = coreIdle;
        var running = Interlocked.Increment(ref _running);
        int most;
        while (running > (most = _mostRunning) && Interlocked.CompareExchange(ref _mostRunning, running, most) != most)
        {
        }

        try
        {
            Batches.Enqueue(inputs);
            _started.Writer.TryWrite(inputs);
            if (Gated && !_release.Wait(Limit))
                throw new TimeoutException("The test did not release the batch.");
            OnRun?.Invoke(inputs);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private sealed class Encoder(ScriptedDevice device) : IEncoder<int>
    {
        private int _busy;
        private bool _disposed;

        public int Dimensions => 2;

        public bool LeavesCoresIdle => device.LeavesCoresIdle;

        public Action? CoreIdle { private get; set; }

        public void Encode(ReadOnlySpan<int> inputs, Span<float> embeddings, Span<float> norms)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (Interlocked.Exchange(ref _busy, 1) != 0)
                throw new InvalidOperationException("Two threads are in one encoder.");
            try
            {
                device.Run(inputs.ToArray(), CoreIdle);
            }
            finally
            {
                Volatile.Write(ref _busy, 0);
            }

            for (var i = 0; i < inputs.Length; i++)
            {
                embeddings[2 * i] = inputs[i];
                embeddings[2 * i + 1] = 2 * inputs[i];
                norms[i] = inputs[i] + 0.5f;
                if (device.NotFinite.Contains(inputs[i]))
                    embeddings[2 * i + 1] = float.NaN;
            }
        }

        public void Dispose()
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (Volatile.Read(ref _busy) != 0)
                Assert.Fail("An encoder was disposed while it ran.");
            _disposed = true;
            Interlocked.Increment(ref device._disposed);
        }
    }
}
