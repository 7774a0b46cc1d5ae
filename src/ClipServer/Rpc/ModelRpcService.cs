using ClipGrpc.Server.Configuration;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;
using ModelCard = ClipGrpc.V1.ModelCard;
using ModelState = ClipGrpc.Serving.Models.ModelState;

namespace ClipGrpc.Server.Rpc;

internal sealed class ModelRpcService(
    ModelRegistry models, ModelChanges changes, IOptions<LimitOptions> limits, IOptions<ServerOptions> server)
    : ModelService.ModelServiceBase
{
    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        var response = new ListModelsResponse { Limits = ToLimits(), ServerVersion = ProductVersion.Text };
        response.Models.AddRange(models.List().Select(ToModel));
        return Task.FromResult(response);
    }

    public override Task<Model> GetModel(GetModelRequest request, ServerCallContext context) =>
        Task.FromResult(ToModel(models.GetEntry(request.Name)));

    public override async Task<Model> LoadModel(LoadModelRequest request, ServerCallContext context) =>
        ToModel(await changes.LoadAsync(
            OrNull(request.Name), request.Source, OrNull(request.Precision), OrNull(request.Device),
            context.GetHttpContext(), context.CancellationToken));

    public override async Task<UnloadModelResponse> UnloadModel(UnloadModelRequest request, ServerCallContext context)
    {
        if (request.Name.Length == 0)
            throw InputReader.Missing("name", "The name of the model is missing.");

        await changes.UnloadAsync(request.Name, context.GetHttpContext());
        return new UnloadModelResponse();
    }

    private static string? OrNull(string text) => text.Length > 0 ? text : null;

    private Limits ToLimits() => new()
    {
        MaxInputs = (uint)limits.Value.MaxInputs,
        MaxMessageBytes = (uint)server.Value.MaxMessageBytes,
        MaxTextChars = (uint)limits.Value.MaxTextChars,
        MaxImagePixels = (ulong)limits.Value.MaxImagePixels,
        MaxImageSide = (uint)limits.Value.MaxImageSide,
        MaxLabels = (uint)limits.Value.MaxLabels,
        MaxTemplates = (uint)limits.Value.MaxTemplates,
        MaxStreamWindow = (uint)limits.Value.MaxStreamWindow,
    };

    private static Model ToModel(ModelEntry entry)
    {
        var model = new Model
        {
            Name = entry.Spec.Name,
            Source = entry.Spec.Source,
            IsDefault = entry.IsDefault,
            State = entry.State switch
            {
                ModelState.Loading or ModelState.Restarting => V1.ModelState.Loading,
                ModelState.Ready => V1.ModelState.Ready,
                ModelState.Draining => V1.ModelState.Draining,
                _ => V1.ModelState.Failed,
            },
        };
        if (entry.Running?.Info is not { } info)
            return model;

        model.Revision = info.Revision;
        model.Precision = info.Precision;
        model.Provider = info.Provider;
        model.Device = info.Device;
        model.LogitScale = info.LogitScale;
        model.MaxBatchSize = (uint)info.MaxBatchSize;
        model.Architecture = ToArchitecture(info);
        model.Card = ToCard(info.Card);
        return model;
    }

    private static Architecture ToArchitecture(ModelInfo info)
    {
        var config = info.Config;
        return new Architecture
        {
            EmbeddingDimensions = (uint)config.EmbeddingDimensions,
            ImageSize = (uint)config.Image.Size,
            PatchSize = (uint)config.PatchSize,
            ContextLength = (uint)config.ContextLength,
            VocabularySize = (uint)config.VocabularySize,
            Vision = ToTower(config.Vision),
            Text = ToTower(config.Text),
            Activation = config.Activation == Models.Configuration.Activation.Gelu ? "gelu" : "quick_gelu",
            Parameters = (ulong)info.Parameters,
        };
    }

    private static Tower ToTower(Models.Configuration.TowerConfig tower) =>
        new() { Layers = (uint)tower.Layers, Width = (uint)tower.Width, Heads = (uint)tower.Heads };

    private static ModelCard ToCard(Models.Cards.ModelCard card)
    {
        var response = new ModelCard
        {
            License = card.License ?? "",
            TrainingData = card.TrainingData ?? "",
            IntendedUse = card.IntendedUse ?? "",
            OutOfScopeUse = card.OutOfScopeUse ?? "",
            Url = card.Url ?? "",
        };
        if (card.ImageNetTop1 is { } top1)
            response.ImagenetTop1 = top1;
        return response;
    }
}
