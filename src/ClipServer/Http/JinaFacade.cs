namespace ClipGrpc.Server.Http;

/// <summary>Zero-shot classification of images and texts as of the Jina API.</summary>
internal sealed class JinaFacade(FacadeEngine engine)
{
    public async Task ClassifyAsync(FacadeCall call)
    {
        using var body = await call.ReadBodyAsync();
        var request = new JsonFields(body.Root);
        var model = engine.GetModel(request.FindText("model"));
        var inputs = InputUnion.ReadAll(request.Get("input"), "input", kind: null, engine);
        var labels = request.FindTexts("labels")
            ?? throw RequestError.Invalid("labels", "The field is missing.", "missing_field");
        var definition = engine.ReadLabels(labels, "labels", request.FindTexts("templates") ?? [], "templates");
        var topK = request.FindCount("top_k") ?? 0;
        var classified = await engine.ClassifyAsync(model, inputs, definition, topK, call);

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
            call, new JinaClassifications(model.Name, data, usage), HttpJson.Default.JinaClassifications);
    }
}
