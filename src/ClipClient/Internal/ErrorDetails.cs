using ClipGrpc.V1;
using Google.Protobuf.Reflection;
using Google.Rpc;
using RpcStatus = Google.Rpc.Status;

namespace ClipGrpc.Client.Internal;

/// <summary>Reads what a status has for programs.</summary>
internal static class ErrorDetails
{
    private const string Domain = "clipgrpc";

    private static readonly EnumDescriptor Reasons =
        ClipReflection.Descriptor.EnumTypes.Single(type => type.ClrType == typeof(V1.ErrorReason));

    /// <summary>Unknown where there is none, or one of a newer server.</summary>
    public static ErrorReason ReasonOf(RpcStatus? status) =>
        status?.GetDetail<ErrorInfo>() is { Domain: Domain } info && Reasons.FindValueByName(info.Reason) is { } known
            ? WireEnums.FromWire((V1.ErrorReason)known.Number)
            : ErrorReason.Unknown;
}
