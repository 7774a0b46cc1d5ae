using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace ClipGrpc.Server.Hosting;

/// <summary>
/// The blocks that Kestrel receives into and sends from. Its own pools release what a burst needed by a few per cent
/// every 10 seconds; these give back all that is idle with the rest of the server's memory (<see cref="IdleTrim"/>).
/// </summary>
internal sealed class ConnectionBuffers : IMemoryPoolFactory<byte>
{
    private readonly ConcurrentDictionary<Pool, bool> _pools = new();

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null)
    {
        var pool = new Pool(this);
        _pools.TryAdd(pool, true);
        return pool;
    }

    /// <summary>Leaves all idle blocks to the garbage collector.</summary>
    public void Trim()
    {
        foreach (var pool in _pools.Keys)
            pool.Trim();
    }

    private sealed class Pool(ConnectionBuffers owner) : MemoryPool<byte>
    {
        /// <summary>As of Kestrel's own pool.</summary>
        private const int BlockLength = 4096;

        private readonly ConcurrentQueue<Block> _idle = new();
        private volatile bool _isDisposed;

        public override int MaxBufferSize => BlockLength;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockLength);
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _idle.TryDequeue(out var block) ? block : new Block(this);
        }

        public void Trim() => _idle.Clear();

        public void Return(Block block)
        {
            if (!_isDisposed)
                _idle.Enqueue(block);
        }

        protected override void Dispose(bool disposing)
        {
            _isDisposed = true;
            owner._pools.TryRemove(this, out _);
            _idle.Clear();
        }

        /// <summary>Pinned for its whole life, because sockets read from and write to it.</summary>
        public sealed class Block(Pool pool) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(
                GC.AllocateUninitializedArray<byte>(BlockLength, pinned: true), 0, BlockLength);

            public void Dispose() => pool.Return(this);
        }
    }
}
