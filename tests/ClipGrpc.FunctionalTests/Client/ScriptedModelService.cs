using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Client;

internal sealed class ScriptedModelService : ModelService.ModelServiceBase
{
    public Limits Limits { get; set; } = new() { MaxInputs = 4, MaxMessageBytes = 32 * 1024 * 1024 };

    /// <summary>Called first in each call; throws as the test wants.</summary>
    public Action<ServerCallContext> Before { get; set; } = _ => { };

    /// <summary>Called with each request to load a model.</summary>
    public Action<LoadModelRequest> OnLoad { get; set; } = _ => { };

    public Model Demo { get; } = new()
    {
        Name = "demo",
        Source = "demo",
        Revision = "abc123",
        State = ModelState.Ready,
        IsDefault = true,
        Precision = "fp32",
        Provider = "CPU",
        Device = "cpu",
        Architecture = new Architecture { EmbeddingDimensions = 3, ImageSize = 64, ContextLength = 77 },
    };

    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        Before(context);
        return Task.FromResult(new ListModelsResponse { Models = { Demo }, Limits = Limits, ServerVersion = "1.2.3" });
    }

    public override Task<Model> GetModel(GetModelRequest request, ServerCallContext context)
    {
        Before(context);
        return request.Name == "demo"
            ? Task.FromResult(Demo)
            : throw new RpcException(new Status(StatusCode.NotFound, $"No model '{request.Name}'; there is demo."));
    }

    public override Task<Model> LoadModel(LoadModelRequest request, ServerCallContext context)
    {
        Before(context);
        OnLoad(request);
        return Task.FromResult(
            new Model { Source = request.Source, Name = request.Name, Precision = request.Precision });
    }

    public override Task<UnloadModelResponse> UnloadModel(UnloadModelRequest request, ServerCallContext context)
    {
        Before(context);
        return Task.FromResult(new UnloadModelResponse());
    }
}
