using Grpc.Core;
using Grpc.Core.Interceptors;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Adds the API key and the headers of the options to every call, those of the generated clients included. The key goes
/// as call credentials, so that the channel itself keeps it off connections that are neither encrypted nor allowed.
/// </summary>
internal sealed class CallMetadata : Interceptor
{
    private readonly KeyValuePair<string, string>[] _headers;
    private readonly CallCredentials _key;

    private CallMetadata(ClipClientOptions options)
    {
        _headers = [.. options.Headers];
        _key = CallCredentials.FromInterceptor((_, metadata) =>
        {
            if (options.ApiKey is { Length: > 0 } key)
                metadata.Add(CredentialHeaders.Authorization, CredentialHeaders.Bearer(key));
            return Task.CompletedTask;
        });
    }

    public static CallInvoker AddTo(CallInvoker invoker, ClipClientOptions options) =>
        invoker.Intercept(new CallMetadata(options));

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation) => continuation(request, Extend(context));

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        BlockingUnaryCallContinuation<TRequest, TResponse> continuation) => continuation(request, Extend(context));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Extend(context));

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(Extend(context));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(Extend(context));

    private ClientInterceptorContext<TRequest, TResponse> Extend<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class
    {
        var options = context.Options;
        options = options.WithCredentials(
            options.Credentials is { } own ? CallCredentials.Compose(own, _key) : _key);
        if (_headers.Length > 0)
            options = options.WithHeaders(Add(options.Headers));
        return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options);
    }

    // The caller's collection is not ours to change, and a call's own header takes precedence.
    private Metadata Add(Metadata? own)
    {
        var all = new Metadata();
        foreach (var entry in own ?? [])
            all.Add(entry);
        foreach (var (name, value) in _headers)
        {
            if (own?.Get(name) is null)
                all.Add(name, value);
        }

        return all;
    }
}
