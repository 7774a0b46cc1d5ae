namespace ClipGrpc.LoadTest.Devices;

/// <summary>Images a second of one batch size.</summary>
/// <param name="Raw">The forward pass in this process.</param>
/// <param name="Frames">The service, given pixels of the model's size.</param>
/// <param name="Images">The service, given JPEGs.</param>
internal sealed record SweepRow(int Batch, TimeSpan RawTime, double Raw, ServedRate Frames, ServedRate Images)
{
    /// <summary>Share of the chip's peak; null where that is not known.</summary>
    /// <param name="operations">Of one image.</param>
    /// <param name="peak">In TFLOPS.</param>
    public static double? ShareOfPeak(double rate, double operations, double? peak) =>
        rate * operations / (peak * 1e12);
}
