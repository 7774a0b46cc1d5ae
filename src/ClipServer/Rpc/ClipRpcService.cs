using ClipGrpc.Server.Health;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

/// <summary>The unary methods of ClipService. Each streaming method has its own class.</summary>
internal sealed class ClipRpcService(
    ModelRegistry models,
    LabelEmbedder labels,
    ItemRunner items,
    WorkContexts contexts,
    DrainState drain,
    EmbedStreamHandler embedStream,
    ClassifyStreamHandler classifyStream,
    ResponseSizes sizes,
    ClipMetrics metrics,
    IOptions<LimitOptions> limits,
    TimeProvider time) : ClipService.ClipServiceBase
{
    private readonly LimitOptions _limits = limits.Value;

    public override async Task<EmbedResponse> Embed(EmbedRequest request, ServerCallContext context)
    {
        var arrived = time.GetTimestamp();
        var model = models.Get(request.Model);
        var settings = EmbedSettings.Read(request.Options, "options");
        CheckCount(request.Inputs.Count, "inputs");
        Charge(context, request.Inputs.Count);
        await ReserveResponseAsync(
            context,
            sizes.CheckEmbed(request.Inputs.Count, model.Info.Config.EmbeddingDimensions, settings.Float16));

        var results = await items.RunAsync(
            request.Inputs.Count,
            i => InputReader.Read(
                request.Inputs[i], $"inputs[{i}]", settings.LongText, settings.Image, _limits.MaxTextChars),
            model,
            contexts.Of(context, settings.Priority));

        var response = new EmbedResponse
        {
            Model = ResponseWriter.ToModelRef(model),
            Timings = ResponseWriter.ToTimings(results, time.GetElapsedTime(arrived)),
        };
        foreach (var result in results)
            response.Results.Add(ResponseWriter.ToResult(result, settings));
        sizes.Check(response, "inputs");
        return response;
    }

    public override async Task<ClassifyResponse> Classify(ClassifyRequest request, ServerCallContext context)
    {
        var arrived = time.GetTimestamp();
        var model = models.Get(request.Model);
        var options = InputReader.ReadOptions(request.Options?.Image, "options.image");
        var work = contexts.Of(
            context, EmbedSettings.ReadPriority(request.Options?.Priority ?? default, "options"));
        var (topK, allScores) = (
            ResponseWriter.ToPredictionCount(request.TopK), request.Options?.AllScores ?? false);
        CheckCount(request.Images.Count, "images");
        Charge(context, request.Images.Count);

        var (set, responseBytes) = await GetLabelsAsync(
            request, definition => sizes.CheckClassify(request.Images.Count, definition, topK, allScores), model, work,
            context);
        await ReserveResponseAsync(context, responseBytes);
        var results = await items.RunAsync(
            request.Images.Count,
            i => InputReader.ReadImage(request.Images[i], $"images[{i}]", options),
            model,
            work);

        var response = new ClassifyResponse
        {
            Model = ResponseWriter.ToModelRef(model),
            Timings = ResponseWriter.ToTimings(results, time.GetElapsedTime(arrived)),
            TruncatedSentences = (uint)set.TruncatedSentences,
        };
        foreach (var result in results)
            response.Results.Add(ToResult(result, set, model.Info.LogitScale, topK, allScores));
        sizes.Check(response, "images");
        return response;
    }

    public override async Task<CreateLabelSetResponse> CreateLabelSet(
        CreateLabelSetRequest request, ServerCallContext context)
    {
        var model = models.Get(request.Model);
        var set = await EmbedLabelsAsync(
            model, request.LabelSet, contexts.Of(context, WorkPriority.Interactive), context);
        return new CreateLabelSetResponse
        {
            Id = set.Id,
            Model = ResponseWriter.ToModelRef(model),
            LabelCount = (uint)set.Definition.Labels.Count,
            TemplateCount = (uint)set.Definition.Templates.Count,
            TruncatedSentences = (uint)set.TruncatedSentences,
        };
    }

    public override async Task<RankResponse> Rank(RankRequest request, ServerCallContext context)
    {
        var arrived = time.GetTimestamp();
        var model = models.Get(request.Model);
        var longText = EmbedSettings.ReadLongText(request.Options?.LongText ?? default, "options");
        var image = InputReader.ReadOptions(request.Options?.Image, "options.image");
        var work = contexts.Of(
            context, EmbedSettings.ReadPriority(request.Options?.Priority ?? default, "options"));
        CheckCount(request.Candidates.Count, "candidates");
        Charge(context, request.Candidates.Count + 1);
        await ReserveResponseAsync(context, sizes.CheckRank(request.Candidates.Count, request.TopK));

        // The query is the last item, so that it is in a batch with the candidates.
        var query = request.Candidates.Count;
        string Field(int i) => i == query ? "query" : $"candidates[{i}]";
        var results = await items.RunAsync(
            request.Candidates.Count + 1,
            i => InputReader.Read(
                i == query ? request.Query : request.Candidates[i], Field(i), longText, image, _limits.MaxTextChars),
            model,
            work);

        var response = RankResponseWriter.Make(results.AsSpan(0, query), results[query], model, request.TopK);
        response.Timings = ResponseWriter.ToTimings(results, time.GetElapsedTime(arrived));
        sizes.Check(response, "candidates");
        return response;
    }

    public override Task EmbedStream(
        IAsyncStreamReader<EmbedStreamRequest> requests, IServerStreamWriter<EmbedStreamResponse> responses,
        ServerCallContext context) =>
        drain.RunStreamAsync(() => embedStream.RunAsync(requests, responses, context));

    public override Task ClassifyStream(
        IAsyncStreamReader<ClassifyStreamRequest> requests, IServerStreamWriter<ClassifyStreamResponse> responses,
        ServerCallContext context) =>
        drain.RunStreamAsync(() => classifyStream.RunAsync(requests, responses, context));

    private static ValueTask ReserveResponseAsync(ServerCallContext context, long bytes) =>
        MessageReader.Of(context)?.ReserveResponseAsync(bytes) ?? ValueTask.CompletedTask;

    /// <summary>The labels of a request whose response can be sent, and the maximum size of the response in bytes.
    /// </summary>
    private async Task<(Serving.Labels.LabelSet Set, long ResponseBytes)> GetLabelsAsync(
        ClassifyRequest request, Func<LabelSetDefinition, long> check, RunningModel model, WorkContext work,
        ServerCallContext context)
    {
        switch (request.LabelsCase)
        {
            case ClassifyRequest.LabelsOneofCase.LabelSet:
                var bytes = 0L;
                var embedded = await EmbedLabelsAsync(
                    model, request.LabelSet, work, context,
                    definition => bytes = check(definition));
                return (embedded, bytes);
            case ClassifyRequest.LabelsOneofCase.LabelSetId:
                var set = labels.Get(model, request.LabelSetId);
                return (set, check(set.Definition));
            default:
                throw InputReader.Missing("label_set", "Set label_set or label_set_id.");
        }
    }

    private static ClassifyResult ToResult(
        ItemResult result, Serving.Labels.LabelSet set, float logitScale, int topK, bool allScores)
    {
        var response = new ClassifyResult();
        if (result.Error is { } error)
        {
            response.Error = StatusMapper.ToItemStatus(error);
            return response;
        }

        var cosines = Similarity.Cosines(result.Embedding.Vector.Span, set);
        var probabilities = Similarity.Softmax(cosines, logitScale);
        var top = Similarity.Top(cosines, probabilities, topK);
        response.Predictions.AddRange(ResponseWriter.ToPredictions(top, set.Definition));
        if (allScores)
            response.Scores.AddRange(ResponseWriter.ToScores(probabilities));
        return response;
    }

    private async Task<Serving.Labels.LabelSet> EmbedLabelsAsync(
        RunningModel model, V1.LabelSet? labelSet, WorkContext work, ServerCallContext context,
        Action<LabelSetDefinition>? check = null)
    {
        var definition = LabelSetReader.Read(labelSet, "label_set", _limits);
        check?.Invoke(definition);
        CallContext.ChargeLabels(context.GetHttpContext(), labels, model, definition, metrics);
        var set = await labels.GetOrCreateAsync(model, definition, work);
        LabelSetReader.CheckTruncated(set, labelSet!, "label_set");
        return set;
    }

    private void Charge(ServerCallContext context, int items) => CallContext.Charge(context, items, metrics);

    private void CheckCount(int count, string field)
    {
        if (count == 0)
            throw InputReader.Missing(field, "The list is empty; at least one item is required.");
        if (count > _limits.MaxInputs)
            throw InputReader.TooMany(field, count, _limits.MaxInputs);
    }
}
