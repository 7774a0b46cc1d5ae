namespace ClipGrpc.Client;

/// <summary>
/// The name to add to OpenTelemetry for the client's traces and metrics, which the README of the package lists.
/// <para>
/// <c>tracing.AddSource(ClipClientTelemetry.Name)</c>, <c>metrics.AddMeter(ClipClientTelemetry.Name)</c>
/// </para>
/// </summary>
public static class ClipClientTelemetry
{
    /// <summary>The name of the <c>ActivitySource</c> and of the <c>Meter</c>.</summary>
    public const string Name = "ClipGrpc.Client";
}
