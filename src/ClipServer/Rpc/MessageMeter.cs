using System.Collections.Concurrent;
using System.Reflection;
using ClipGrpc.OpenInference;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Budget;
using ClipGrpc.V1;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

/// <summary>Adds a <see cref="MessageReader"/> between Kestrel and the gRPC framework.</summary>
internal sealed class MessageMeter
{
    /// <summary>Images and texts per call in APIs without a limit in <see cref="LimitOptions"/>.</summary>
    private const int MaxTensorRows = 2 * 2048;

    private readonly RequestDelegate _next;
    private readonly MessageSettings _settings;
    private readonly Dictionary<string, int> _limits;
    private readonly ConcurrentDictionary<IMethod, MessageScan> _scans = new();

    public MessageMeter(
        RequestDelegate next, MemoryBudget budget, IOptions<LimitOptions> limits, IOptions<ServerOptions> server,
        ILogger<MessageMeter> logger, TimeProvider time)
    {
        _next = next;
        _settings = new MessageSettings(
            budget,
            server.Value.MaxMessageBytes,
            limits.Value.MaxMemoryWait,
            limits.Value.MessageTimeout,
            ReceiveWindows.Stream,
            ReceiveWindows.WaitingPerConnection,
            new MessageDecompression(MessageDecompression.DefaultConcurrency),
            logger,
            time);
        _limits = new Dictionary<string, int>(StringComparer.Ordinal)
        {
            [FullName<EmbedRequest>("inputs")] = limits.Value.MaxInputs,
            [FullName<ClassifyRequest>("images")] = limits.Value.MaxInputs,
            [FullName<RankRequest>("candidates")] = limits.Value.MaxInputs,
            [FullName<LabelSet>("labels")] = limits.Value.MaxLabels,
            [FullName<LabelSet>("templates")] = limits.Value.MaxTemplates,

            // For all inputs of a request together; each has its own limit, which is checked later.
            [FullName<InferTensorContents>("bytes_contents")] =
                limits.Value.MaxLabels + limits.Value.MaxTemplates + MaxTensorRows + 2 * limits.Value.MaxInputs,
        };
    }

    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is { } grpc
            ? MeterAsync(context, grpc.Method)
            : _next(context);

    private async Task MeterAsync(HttpContext context, IMethod method)
    {
        var original = context.Features.Get<IRequestBodyPipeFeature>();
        var reader = new MessageReader(
            context, method.FullName, method.Type == MethodType.Unary, ScanOf(method), _settings);
        context.Features.Set<IRequestBodyPipeFeature>(reader);
        try
        {
            await _next(context);
            if (reader.HasLargeResponse && GrpcTrailers.FindStatus(context.Response) == StatusCode.OK)
                await context.Response.CompleteAsync();
        }
        finally
        {
            // The rest of the body is read unchanged after the call.
            context.Features.Set(original);
            reader.End();
        }
    }

    private MessageScan ScanOf(IMethod method) =>
        _scans.TryGetValue(method, out var scan)
            ? scan : _scans.GetOrAdd(method, key => new MessageScan(RequestOf(key), _limits));

    private static MessageDescriptor RequestOf(IMethod method)
    {
        var request = method.GetType().GetGenericArguments()[0];
        return (MessageDescriptor)request
            .GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
    }

    private static string FullName<TMessage>(string field)
        where TMessage : Google.Protobuf.IMessage, new() =>
        new TMessage().Descriptor.FindFieldByName(field).FullName;
}
