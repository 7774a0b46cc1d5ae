using ClipGrpc.V1;

namespace ClipGrpc.Server.Telemetry;

/// <summary>The names of reasons in the contract.</summary>
internal static class ReasonName
{
    private static readonly Dictionary<ClipErrorReason, string> Names = ClipReflection.Descriptor.EnumTypes
        .Single(type => type.ClrType == typeof(ErrorReason)).Values
        .Where(value => value.Number > 0)
        .ToDictionary(value => Enum.Parse<ClipErrorReason>($"{(ErrorReason)value.Number}"), value => value.Name);

    /// <summary>ModelNotFound is MODEL_NOT_FOUND.</summary>
    public static string Of(ClipErrorReason reason) => Names[reason];
}
