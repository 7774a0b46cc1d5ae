using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using Grpc.AspNetCore.Server;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Access;

/// <summary>
/// Lets a request pass to its endpoint if the caller has a role of the endpoint's rule and has not reached its limit
/// of open calls. Refused gRPC calls end in a <see cref="ClipException"/>, which becomes their status further out.
/// </summary>
internal sealed class AccessControl(
    RequestDelegate next, CallerIdentification callers, CallerKeys keys, IOptions<LimitOptions> limits,
    ClipMetrics metrics, ILogger<AccessControl> logger)
{
    private readonly int _maxCalls = limits.Value.MaxCallerCalls;

    public Task InvokeAsync(HttpContext context)
    {
        // Without a route it is the routing's own 405 (the path exists, but not for this method), which does nothing.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
            return next(context);

        var rule = endpoint.Metadata.GetMetadata<AccessRule>()
            ?? throw new InvalidOperationException($"The endpoint {endpoint.DisplayName} has no access rule.");
        return rule.IsOpen ? next(context) : CheckAsync(context, endpoint, rule);
    }

    private async Task CheckAsync(HttpContext context, Endpoint endpoint, AccessRule rule)
    {
        var grpc = endpoint.Metadata.GetMetadata<GrpcMethodMetadata>();
        var name = grpc?.Method.FullName ?? context.Request.Path.Value ?? "";
        Caller? caller = null;
        CallerKey key;
        try
        {
            caller = await callers.IdentifyAsync(context);
            if (!rule.Allows(caller.Roles))
                throw Refusal(caller, rule, name);
            context.Features.Set(caller);
            key = BeginCall(context, caller);
        }
        catch (ClipException exception)
        {
            metrics.AccessRefused(exception.Code);
            logger.Refused(
                name, caller?.Name ?? $"{context.Connection.RemoteIpAddress}", exception.Message,
                RequestId.Of(context));
            if (grpc is not null)
                throw;
            var body = endpoint.Metadata.GetMetadata<IErrorBody>() ?? HttpRefusal.Instance;
            await body.WriteAsync(context.Response, exception);
            return;
        }

        try
        {
            metrics.CallerCalled(caller.MetricLabel);
            await next(context);
        }
        finally
        {
            key.EndCall();
            caller.Limits?.EndCall();
        }
    }

    /// <exception cref="ClipException">Overloaded: the caller has as many open as it may have.</exception>
    private CallerKey BeginCall(HttpContext context, Caller caller)
    {
        var key = keys.Of(context);
        if (!key.TryBeginCall(_maxCalls))
            throw CallerLimits.TooManyCalls(_maxCalls);

        try
        {
            caller.Limits?.BeginCall();
            return key;
        }
        catch
        {
            key.EndCall();
            throw;
        }
    }

    private ClipException Refusal(Caller caller, AccessRule rule, string name)
    {
        var needed = RoleNames.Format(rule.AnyOf);
        var metadata = ErrorMetadata.Of(ErrorMetadata.Roles, needed);
        if (!caller.IsAnonymous)
        {
            return new ClipException(
                ClipErrorReason.RoleMissing, $"{caller.Name} has none of the roles that {name} requires: {needed}.")
            {
                Metadata = metadata,
            };
        }

        return callers.HasCredentials
            ? new ClipException(
                ClipErrorReason.CredentialsMissing,
                $"{name} requires credentials: an API key or token as \"authorization: Bearer …\", an API key as "
                + "\"x-api-key: …\", or a client certificate, whichever the operator has configured.")
            : new ClipException(
                ClipErrorReason.RoleMissing,
                $"{name} requires the role {needed}, which callers over the network do not have on this server. The "
                + "operator can call it over a Unix domain socket (--admin-socket) or configure API keys (--api-keys).")
            {
                Metadata = metadata,
            };
    }
}
