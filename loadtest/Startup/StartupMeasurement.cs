namespace ClipGrpc.LoadTest.Startup;

/// <summary>One start of the server.</summary>
/// <param name="Name">Which start it was.</param>
/// <param name="Seconds">From the start of the process until /readyz says yes.</param>
/// <param name="Phases">Seconds of loading the model.</param>
/// <param name="PeakBytes">Resident memory until ready.</param>
internal sealed record StartupMeasurement(
    string Name, double Seconds, IReadOnlyDictionary<string, double> Phases, long? PeakBytes);
