namespace ClipGrpc.LoadTest.Devices;

/// <summary>Images a second of the service, and what it took.</summary>
/// <param name="ServerCores">Processor time of the server a second, with the warm-up.</param>
/// <param name="DriverCores">Processor time of the load generator a second.</param>
internal sealed record ServedRate(double PerSecond, double MeanBatch, double ServerCores, double DriverCores);
