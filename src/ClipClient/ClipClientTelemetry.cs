namespace ClipGrpc.Client;

/// <summary>
/// What to add to OpenTelemetry for the client's traces and metrics; their names are in the README of the package.
/// <para>
/// <c>tracing.AddSource(ClipClientTelemetry.Name)</c>, <c>metrics.AddMeter(ClipClientTelemetry.Name)</c>
/// </para>
/// </summary>
public static class ClipClientTelemetry
{
    /// <summary>The name of the <c>ActivitySource</c> and of the <c>Meter</c>.</summary>
    public const string Name = "ClipGrpc.Client";
}
