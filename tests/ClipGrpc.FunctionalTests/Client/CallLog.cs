using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>Keeps every call that reaches a scripted server, with its deadline.</summary>
internal sealed class CallLog : Interceptor
{
    private readonly ConcurrentQueue<(string Method, DateTime Deadline, string Host)> _calls = new();
    private readonly ConcurrentQueue<string?> _keys = new();

    public IReadOnlyList<(string Method, DateTime Deadline, string Host)> Calls => [.. _calls];

    /// <summary>The authorization header of each call.</summary>
    public IReadOnlyList<string?> Keys => [.. _keys];

    /// <summary>The last call's headers.</summary>
    public Metadata LastHeaders { get; private set; } = [];

    public int Count(string method) => _calls.Count(call => call.Method == method);

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Add(context);
        return continuation(request, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Add(context);
        return continuation(requestStream, responseStream, context);
    }

    private void Add(ServerCallContext context)
    {
        _calls.Enqueue((context.Method.Split('/')[^1], context.Deadline, context.Host));
        _keys.Enqueue(context.RequestHeaders.GetValue("authorization"));
        LastHeaders = context.RequestHeaders;
    }
}
