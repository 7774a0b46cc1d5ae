namespace ClipGrpc.Models.Sessions;

/// <summary>
/// Copies between host and device in order, beside what the device computes. In the device's primary context, which is
/// the runtime's too.
/// </summary>
internal sealed class CudaCopyStream : IDisposable
{
    private readonly int _device;
    private readonly nint _context;
    private readonly nint _stream;

    /// <exception cref="ClipException">There is no such device.</exception>
    public CudaCopyStream(int ordinal)
    {
        _device = CudaDriver.Find(ordinal);
        CudaDriver.Check(CudaDriver.RetainPrimaryContext(out _context, _device), "open the device");
        MakeCurrent();
        CudaDriver.Check(CudaDriver.CreateStream(out _stream, CudaDriver.NonBlocking), "create a stream");
    }

    public void ToDevice(nint device, nint host, int bytes)
    {
        MakeCurrent();
        CudaDriver.Check(CudaDriver.CopyToDevice(device, host, (nuint)bytes, _stream), "copy to the device");
    }

    public void ToHost(nint host, nint device, int bytes)
    {
        MakeCurrent();
        CudaDriver.Check(CudaDriver.CopyToHost(host, device, (nuint)bytes, _stream), "copy from the device");
    }

    public void Synchronize() => CudaDriver.Check(CudaDriver.SynchronizeStream(_stream), "finish a copy");

    // What fails here fails because the device is lost, and there is nothing left to free then.
    public void Dispose()
    {
        _ = CudaDriver.SetCurrentContext(_context);
        _ = CudaDriver.DestroyStream(_stream);
        _ = CudaDriver.ReleasePrimaryContext(_device);
    }

    // Per thread, and any worker may run an encoder.
    private void MakeCurrent() => CudaDriver.Check(CudaDriver.SetCurrentContext(_context), "use the device");
}
