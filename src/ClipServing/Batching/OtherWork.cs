namespace ClipGrpc.Serving.Batching;

/// <summary>What another user of the device has to do.</summary>
/// <param name="Seconds">Of all that waits there.</param>
/// <param name="Slack">Seconds for which it can wait until one of its deadlines could not be met any more.</param>
/// <param name="Demand">Seconds of work per second that its callers ask for at present.</param>
internal readonly record struct OtherWork(double Seconds, double Slack, double Demand);
