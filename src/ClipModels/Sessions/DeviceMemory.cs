namespace ClipGrpc.Models.Sessions;

/// <summary>
/// The memory that one encoder's inputs and outputs lie in, for as long as the encoder lives: addresses never change.
/// Copies run in the order they were asked for, on a stream of their own.
/// </summary>
internal abstract class DeviceMemory : IDisposable
{
    public abstract TowerBuffer Allocate(int bytes);

    /// <summary>Begins to copy the front of a buffer from the host to the device.</summary>
    public abstract void CopyIn(TowerBuffer buffer, int bytes);

    /// <summary>Begins to copy the front of a buffer from the device to the host.</summary>
    public abstract void CopyOut(TowerBuffer buffer, int bytes);

    /// <summary>Waits for the copies.</summary>
    public abstract void Synchronize();

    public abstract void Dispose();
}
