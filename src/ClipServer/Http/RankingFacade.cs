using System.Numerics.Tensors;
using System.Text.Json;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Http;

/// <summary>
/// Orders documents by their similarity to a query, as of the Jina API, which Cohere's and others share, or of Text
/// Embeddings Inference: the request tells them apart. Query and documents are texts or images.
/// </summary>
internal sealed class RankingFacade(FacadeEngine engine, IOptions<HttpOptions> options)
{
    /// <summary>A request with <c>documents</c>.</summary>
    public async Task RankDocumentsAsync(FacadeCall call)
    {
        using var body = await call.ReadBodyAsync();
        await RankDocumentsAsync(call, new JsonFields(body.Root));
    }

    /// <summary>A request with <c>documents</c> or <c>texts</c>.</summary>
    public async Task RankAsync(FacadeCall call)
    {
        using var body = await call.ReadBodyAsync();
        var request = new JsonFields(body.Root);
        if (request.Has("documents"))
            await RankDocumentsAsync(call, request);
        else
            await RankTextsAsync(call, request);
    }

    private async Task RankDocumentsAsync(FacadeCall call, JsonFields request)
    {
        var model = engine.GetModel(request.FindText("model"));
        var topN = request.FindCount("top_n") ?? 0;
        var (ranked, embedded) = await RankAsync(
            call, request, model, "documents", topN, HuggingFaceFacade.ReadLongText(request, isCut: true));
        var results = Array.ConvertAll(ranked, scored => new JinaRank(scored.Index, scored.Cosine));
        var usage = new JinaUsage(OpenAiFacade.CountTokens(embedded, model));
        await HttpJson.WriteAsync(call, new JinaRanking(model.Name, results, usage), HttpJson.Default.JinaRanking);
    }

    private async Task RankTextsAsync(FacadeCall call, JsonFields request)
    {
        var model = engine.GetModel(null);
        var topN = request.FindCount("top_n") ?? 0;
        var isRaw = request.FindBoolean("raw_scores") ?? false;
        var withText = request.FindBoolean("return_text") ?? false;
        var (ranked, embedded) = await RankAsync(
            call, request, model, "texts", topN,
            HuggingFaceFacade.ReadLongText(request, options.Value.AutoTruncate));
        TeiTimes.Write(call, model, embedded);
        var texts = request.Get("texts");
        var body = Array.ConvertAll(ranked, scored => new TeiRank(
            scored.Index,
            withText && texts[scored.Index].ValueKind == JsonValueKind.String ? texts[scored.Index].GetString() : null,
            isRaw ? scored.Cosine : scored.Probability));
        await HttpJson.WriteAsync(call, body, HttpJson.Default.TeiRankArray);
    }

    private async Task<(Scored[] Ranked, EmbeddingResult[] Embedded)> RankAsync(
        FacadeCall call, JsonFields request, RunningModel model, string field, int count, LongText longText)
    {
        var query = InputUnion.Read(request.Get("query"), "query", kind: null);
        var candidates = request.Get(field);
        if (candidates.ValueKind != JsonValueKind.Array)
            throw JsonFields.WrongType(field, "an array of strings and objects with a text or an image", candidates);

        // The query goes along as the last input, so that it shares a batch with the candidates.
        List<HttpInput> inputs = [.. InputUnion.ReadAll(candidates, field, kind: null, engine), query];
        var embedded = await engine.EmbedAsync(model, inputs, call, longText);
        var vector = embedded[^1].Vector;
        var cosines = Array.ConvertAll(
            embedded[..^1], item => TensorPrimitives.Dot(vector.Span, item.Vector.Span));
        var probabilities = Similarity.Softmax(cosines, model.Info.LogitScale);
        return (Similarity.Top(cosines, probabilities, count), embedded);
    }
}
