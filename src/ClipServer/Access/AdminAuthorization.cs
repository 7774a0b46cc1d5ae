using System.Net;
using ClipGrpc.Server.Configuration;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Access;

/// <summary>Who may load and unload models: callers on this machine, or everybody when the operator says so.</summary>
internal sealed class AdminAuthorization(IOptions<ServerOptions> options, ILogger<AdminAuthorization> logger)
{
    /// <summary>
    /// Headers by which a proxy says that it speaks for someone else. They never grant access; a proxy on this machine
    /// takes it away, because those it speaks for are not on this machine.
    /// </summary>
    private static readonly string[] ForwardingHeaders =
        ["forwarded", "x-forwarded-for", "x-real-ip", "x-envoy-external-address"];

    /// <summary>Lets the call pass or answers it.</summary>
    /// <exception cref="ClipException"><see cref="ClipErrorCode.PermissionDenied"/>.</exception>
    public void EnsureAllowed(ServerCallContext context)
    {
        if (IsAllowed(context.GetHttpContext()))
            return;

        var rpc = context.Method[(context.Method.LastIndexOf('/') + 1)..];
        logger.AdminRefused(rpc, context.Peer);
        throw new ClipException(
            ClipErrorCode.PermissionDenied,
            $"{rpc} is open to callers on the server's own machine only. The operator can open it to all with "
            + "--enable-admin (Clip:Server:EnableAdmin).");
    }

    public bool IsAllowed(HttpContext context)
    {
        if (options.Value.EnableAdmin)
            return true;

        // The socket's own address: HttpContext.Connection can be rewritten from headers.
        return context.Features.Get<ConnectionOrigin>()?.Remote is IPEndPoint remote
            && IPAddress.IsLoopback(remote.Address.IsIPv4MappedToIPv6 ? remote.Address.MapToIPv4() : remote.Address)
            && !ForwardingHeaders.Any(context.Request.Headers.ContainsKey);
    }
}
