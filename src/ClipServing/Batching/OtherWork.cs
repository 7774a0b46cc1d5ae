namespace ClipGrpc.Serving.Batching;

/// <summary>The work of another user of the device.</summary>
/// <param name="Seconds">The duration of all its queued work.</param>
/// <param name="Slack">Seconds for which it can wait without missing one of its deadlines.</param>
/// <param name="Demand">Seconds of work per second that its callers currently request.</param>
internal readonly record struct OtherWork(double Seconds, double Slack, double Demand);
