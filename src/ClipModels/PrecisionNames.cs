namespace ClipGrpc.Models;

/// <summary>Precisions as users write and read them.</summary>
internal static class PrecisionNames
{
    public static string Name(this Precision precision) => precision.ToString().ToLowerInvariant();
}
