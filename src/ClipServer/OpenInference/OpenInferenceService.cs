using ClipGrpc.OpenInference;
using ClipGrpc.Server.Health;
using ClipGrpc.Server.Http;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Budget;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.OpenInference;

/// <summary>The protocol over gRPC.</summary>
internal sealed class OpenInferenceService(
    InferenceEngine engine, Descriptor descriptor, ModelRepository repository, TensorReader tensors,
    WorkContexts contexts, DrainState drain, MemoryBudget budget, IOptions<LimitOptions> limits, TimeProvider time)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = descriptor.IsLive });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = descriptor.IsReady });

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        try
        {
            var isReady = descriptor.IsModelReady(request.Name, request.Version);
            return Task.FromResult(new ModelReadyResponse { Ready = isReady });
        }
        catch (ClipException exception) when (exception.Code == ClipErrorCode.NotFound)
        {
            // Clients ask until it is there.
            return Task.FromResult(new ModelReadyResponse());
        }
    }

    public override Task<ServerMetadataResponse> ServerMetadata(
        ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(MessageWriter.ToMessage(Descriptor.Server));

    public override Task<ModelMetadataResponse> ModelMetadata(
        ModelMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(MessageWriter.ToMessage(descriptor.Describe(request.Name, request.Version)));

    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelConfigResponse
        {
            Config = MessageWriter.ToMessage(descriptor.Configure(request.Name, request.Version)),
        });

    public override Task<ModelStatisticsResponse> ModelStatistics(
        ModelStatisticsRequest request, ServerCallContext context) =>
        Task.FromResult(MessageWriter.ToMessage(descriptor.Count(request.Name, request.Version)));

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        var reader = MessageReader.Of(context);
        var call = new InferenceCall(
            context.GetHttpContext(),
            contexts.Of(context, WorkPriority.Interactive),
            bytes => reader?.ReserveResponseAsync(bytes).AsTask() ?? Task.CompletedTask);
        return await InferAsync(request, call);
    }

    public override Task ModelStreamInfer(
        IAsyncStreamReader<ModelInferRequest> requests, IServerStreamWriter<ModelStreamInferResponse> responses,
        ServerCallContext context) =>
        drain.RunStreamAsync(() => RunStreamAsync(requests, responses, context));

    public override Task<RepositoryIndexResponse> RepositoryIndex(
        RepositoryIndexRequest request, ServerCallContext context) =>
        Task.FromResult(MessageWriter.ToMessage(repository.List(request.Ready)));

    public override async Task<RepositoryModelLoadResponse> RepositoryModelLoad(
        RepositoryModelLoadRequest request, ServerCallContext context)
    {
        var name = NameOf(request.ModelName, request.RepositoryName);
        var parameters = ParameterSet.Read(request.Parameters, "parameters");
        await repository.LoadAsync(name, parameters, context.GetHttpContext(), context.CancellationToken);
        return new RepositoryModelLoadResponse { ModelName = name, IsLoaded = true };
    }

    public override async Task<RepositoryModelUnloadResponse> RepositoryModelUnload(
        RepositoryModelUnloadRequest request, ServerCallContext context)
    {
        var name = NameOf(request.ModelName, request.RepositoryName);
        await repository.UnloadAsync(name, context.GetHttpContext());
        return new RepositoryModelUnloadResponse { ModelName = name, IsUnloaded = true };
    }

    /// <summary>KServe has the model's name where Triton has that of a repository.</summary>
    private static string NameOf(string triton, string kserve) => triton.Length > 0 ? triton : kserve;

    /// <summary>In the order of the requests, several at a time. Their errors are responses too.</summary>
    private async Task RunStreamAsync(
        IAsyncStreamReader<ModelInferRequest> requests, IServerStreamWriter<ModelStreamInferResponse> responses,
        ServerCallContext context)
    {
        using var held = new ResponseMemory();
        using var stop = new StreamStop(drain.Closing, CancellationToken.None, StreamStop.ServerStops);
        var pump = new StreamPump<ModelInferRequest, (ModelStreamInferResponse Response, CallMemory Memory)>(
            (request, token) => RespondAsync(request, context, held, token),
            orderOf: _ => stop,
            new StreamWindow(limits.Value.MaxStreamWindow, limits.Value.MaxStreamBytes),
            request => request.CalculateSize(),
            MessageReader.Of(context));
        await pump.RunAsync(
            requests.ReadAllAsync(),
            async made =>
            {
                await responses.WriteAsync(made.Response);
                held.Return(made.Memory);
            },
            stop,
            context.CancellationToken);
    }

    private async Task<(ModelStreamInferResponse Response, CallMemory Memory)> RespondAsync(
        ModelInferRequest request, ServerCallContext context, ResponseMemory held, CancellationToken cancellationToken)
    {
        var memory = new CallMemory(budget, limits.Value.MaxMemoryWait, time, cancellationToken);
        try
        {
            var work = contexts.Of(context, WorkPriority.Interactive) with
            {
                CancellationToken = cancellationToken,
                WaitsForRoom = true,
            };
            var call = new InferenceCall(context.GetHttpContext(), work, memory.ReserveResponseAsync);
            return (new ModelStreamInferResponse { InferResponse = await InferAsync(request, call) }, memory);
        }
        catch (ClipException exception) when (exception.Code != ClipErrorCode.Internal)
        {
            var failed = new ModelInferResponse { ModelName = request.ModelName, Id = request.Id };
            return (
                new ModelStreamInferResponse { ErrorMessage = exception.Message, InferResponse = failed }, memory);
        }
        finally
        {
            held.Keep(memory);
        }
    }

    private async Task<ModelInferResponse> InferAsync(ModelInferRequest request, InferenceCall call) =>
        MessageWriter.ToMessage(await engine.InferAsync(MessageRequest.Read(request, tensors), call));
}
