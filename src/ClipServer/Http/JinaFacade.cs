using ClipGrpc.Serving.Labels;

namespace ClipGrpc.Server.Http;

/// <summary>Zero-shot classification of images and texts as of the Jina API.</summary>
internal sealed class JinaFacade(FacadeEngine engine)
{
    private const string LabelSetId = "label_set_id";

    public async Task ClassifyAsync(FacadeCall call)
    {
        using var body = await call.ReadBodyAsync();
        var request = new JsonFields(body.Root);
        var model = engine.GetModel(request.FindText("model"));
        var inputs = InputUnion.ReadAll(request.Get("input"), "input", kind: null, engine);
        var topK = request.FindCount("top_k") ?? 0;
        var classified = request.FindText(LabelSetId) is { } id
            ? await engine.ClassifyAsync(model, inputs, CheckAlone(id, request), topK, call)
            : await engine.ClassifyAsync(model, inputs, ReadLabels(request), topK, call);

        var data = new JinaClassification[inputs.Count];
        for (var i = 0; i < data.Length; i++)
        {
            var predictions = Array.ConvertAll(
                classified.Results[i],
                scored => new JinaPrediction(classified.Labels[scored.Index], scored.Probability));
            data[i] = new JinaClassification(
                "classification", i, predictions[0].Label, predictions[0].Score, predictions);
        }

        var usage = new JinaUsage(OpenAiFacade.CountTokens(classified.Embedded, model));
        await HttpJson.WriteAsync(
            call, new JinaClassifications(model.Name, data, usage, classified.Set.Id),
            HttpJson.Default.JinaClassifications);
    }

    private LabelSetDefinition ReadLabels(JsonFields request)
    {
        var labels = request.FindTexts("labels") ?? throw RequestError.Invalid(
            "labels", $"The field is missing; send labels or a {LabelSetId}.", "missing_field");
        return engine.ReadLabels(labels, "labels", request.FindTexts("templates") ?? [], "templates");
    }

    /// <summary>The set has labels and templates of its own.</summary>
    private static string CheckAlone(string id, JsonFields request)
    {
        foreach (var name in new[] { "labels", "templates" })
        {
            if (request.Has(name))
            {
                throw RequestError.Invalid(
                    name, $"The {LabelSetId} already has labels and templates; send one or the other.", "unsupported");
            }
        }

        return id;
    }
}
