using System.Runtime.CompilerServices;
using ClipGrpc.Server.Hosting;

namespace ClipGrpc.Tests.Hosting;

public sealed class ConnectionBuffersTests
{
    private readonly ConnectionBuffers _buffers = new();

    [Fact]
    public void Rent_AfterAReturn_GivesTheSameBlock()
    {
        using var pool = _buffers.Create();
        var block = pool.Rent(100);
        block.Dispose();

        Assert.Same(block, pool.Rent());
        Assert.NotSame(block, pool.Rent());
        Assert.Equal(4096, block.Memory.Length);
    }

    [Fact]
    public void Rent_MoreThanABlock_Throws()
    {
        using var pool = _buffers.Create();
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(4097));
    }

    [Fact]
    public void Rent_PoolDisposed_Throws()
    {
        var pool = _buffers.Create();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
    }

    [Fact]
    public void Trim_IdleBlocks_AreFreedAndThoseInUseReturn()
    {
        using var pool = _buffers.Create();
        var inUse = pool.Rent();
        var idle = RentAndReturn();

        _buffers.Trim();
        GC.Collect();

        Assert.False(idle.IsAlive);
        inUse.Dispose();
        Assert.Same(inUse, pool.Rent());

        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference RentAndReturn()
        {
            var block = pool.Rent();
            block.Dispose();
            return new WeakReference(block);
        }
    }
}
