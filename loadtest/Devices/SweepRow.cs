namespace ClipGrpc.LoadTest.Devices;

/// <summary>Images a second of one batch size.</summary>
/// <param name="Raw">The forward pass in this process.</param>
/// <param name="ServedFrames">The service, given pixels of the model's size.</param>
/// <param name="ServedImages">The service, given JPEGs.</param>
internal sealed record SweepRow(
    int Batch, TimeSpan RawTime, double Raw, double ServedFrames, double FramesMeanBatch, double ServedImages,
    double ImagesMeanBatch)
{
    /// <summary>Share of the chip's peak; null where that is not known.</summary>
    /// <param name="operations">Of one image.</param>
    /// <param name="peak">In TFLOPS.</param>
    public static double? ShareOfPeak(double rate, double operations, double? peak) =>
        rate * operations / (peak * 1e12);
}
