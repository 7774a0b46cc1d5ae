using System.Numerics.Tensors;
using System.Text.Json;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Http;

/// <summary>
/// The Hugging Face inference API (zero-shot image classification, feature extraction and sentence similarity, told
/// apart by what the request has) and the endpoints of Text Embeddings Inference.
/// </summary>
internal sealed class HuggingFaceFacade(FacadeEngine engine, IOptions<HttpOptions> options)
{
    public const string ModelPrefix = "/models/";

    /// <summary>What the pipeline of Transformers uses, so that scores equal its own.</summary>
    private const string DefaultTemplate = "This is a photo of {}.";

    /// <summary>With the default model.</summary>
    public Task InferAsync(FacadeCall call) => InferAsync(call, null);

    /// <summary>With the model of the path.</summary>
    public Task InferWithModelAsync(FacadeCall call) => InferAsync(call, call.GetPathAfter(ModelPrefix));

    /// <summary>Embeds texts, as a list of lists also for one text.</summary>
    public async Task EmbedAsync(FacadeCall call)
    {
        using var body = await call.ReadBodyAsync();
        await EmbedAsync(call, new JsonFields(body.Root), engine.GetModel(null));
    }

    public async Task CompareAsync(FacadeCall call)
    {
        using var body = await call.ReadBodyAsync();
        var request = new JsonFields(body.Root);
        var inputs = request.FindObject("inputs")
            ?? throw RequestError.Invalid("inputs", "The field is missing.", "missing_field");
        await CompareAsync(call, request, inputs, engine.GetModel(null));
    }

    public Task DescribeAsync(FacadeCall call)
    {
        var info = engine.GetModel(null).Info;
        var body = new TeiInfo(
            info.Name, info.Revision, info.Precision, new TeiModelType(new TeiEmbeddingType("last_token")),
            info.Config.ContextLength, info.MaxBatchSize * info.Config.ContextLength, info.MaxBatchSize,
            engine.MaxInputsPerCall, options.Value.AutoTruncate, ProductVersion.Text);
        return HttpJson.WriteAsync(call, body, HttpJson.Default.TeiInfo);
    }

    /// <summary>How a text that is too long is treated: cut at its end, or refused.</summary>
    /// <param name="isCut">What a request that says nothing of it gets.</param>
    /// <exception cref="RequestException">It asks for what this model does not have.</exception>
    public static LongText ReadLongText(JsonFields request, bool isCut)
    {
        if (request.FindText("truncation_direction") is { } direction
            && !direction.Equals("right", StringComparison.OrdinalIgnoreCase))
        {
            throw RequestError.Invalid(
                request.PathOf("truncation_direction"), "Only right is supported: texts are truncated at their end.",
                "unsupported");
        }

        return request.FindBoolean("truncate") ?? isCut ? LongText.Truncate : LongText.Reject;
    }

    private async Task InferAsync(FacadeCall call, string? modelName)
    {
        using var body = await call.ReadBodyAsync();
        var request = new JsonFields(body.Root);
        var model = engine.GetModel(modelName);
        var parameters = request.FindObject("parameters") ?? new JsonFields(Empty, "parameters");
        if (ReadLabels(parameters) is var (labels, field))
            await ClassifyAsync(call, request, parameters, labels, field, model);
        else if (request.Get("inputs").ValueKind != JsonValueKind.Object)
            await EmbedAsync(call, request, model);
        else if (request.FindObject("inputs")!.Value is var inputs && inputs.Has("source_sentence"))
            await CompareAsync(call, request, inputs, model);
        else
            throw MissingLabels();
    }

    private async Task ClassifyAsync(
        FacadeCall call, JsonFields request, JsonFields parameters, List<string> labels, string labelsField,
        RunningModel model)
    {
        const string Template = "hypothesis_template";
        if (parameters.Has("multi_label"))
        {
            throw RequestError.Invalid(
                "parameters.multi_label",
                "Classification of texts is not supported; classify images, with candidate_labels.", "unsupported");
        }

        var inputs = request.Get("inputs");
        var image = inputs.ValueKind == JsonValueKind.Object
            ? HttpInput.Image(new JsonFields(inputs, "inputs").Get("image"), "inputs.image")
            : HttpInput.Image(inputs, "inputs");
        var definition = engine.ReadLabels(
            labels, labelsField, [parameters.FindText(Template) ?? DefaultTemplate], parameters.PathOf(Template));
        var classified = await engine.ClassifyAsync(model, [image], definition, topK: 0, call);
        var body = classified.Results[0]
            .Select(scored => new HuggingFaceLabel(scored.Probability, classified.Labels[scored.Index])).ToArray();
        await HttpJson.WriteAsync(call, body, HttpJson.Default.HuggingFaceLabelArray);
    }

    private async Task EmbedAsync(FacadeCall call, JsonFields request, RunningModel model)
    {
        if (request.Has("prompt_name"))
            throw RequestError.Invalid("prompt_name", "The model has no prompts.", "unsupported");
        if (request.FindText("encoding_format") is not (null or "float"))
            throw RequestError.Invalid("encoding_format", "Only float is supported.", "unsupported");

        OpenAiFacade.CheckDimensions(request, model);
        var isNormalized = request.FindBoolean("normalize") ?? true;
        var longText = ReadLongText(request, options.Value.AutoTruncate);
        var inputs = InputUnion.ReadAll(request.Get("inputs"), "inputs", kind: null, engine);
        var embedded = await engine.EmbedAsync(model, inputs, call, longText);
        TeiTimes.Write(call, model, embedded);
        await HttpJson.WriteAsync(
            call,
            Array.ConvertAll(
                embedded,
                item => isNormalized ? EmbeddingVector.From(item) : EmbeddingVector.Unnormalized(item)),
            HttpJson.Default.EmbeddingVectorArray);
    }

    private async Task CompareAsync(FacadeCall call, JsonFields request, JsonFields inputs, RunningModel model)
    {
        var longText = ReadLongText(
            request.FindObject("parameters") ?? request, options.Value.AutoTruncate);
        var sentences = InputUnion.ReadAll(
            inputs.Get("sentences"), inputs.PathOf("sentences"), kind: null, engine);
        var source = InputUnion.Read(
            inputs.Get("source_sentence"), inputs.PathOf("source_sentence"), kind: null);
        var embedded = await engine.EmbedAsync(model, [.. sentences, source], call, longText);
        var query = embedded[^1].Vector;
        TeiTimes.Write(call, model, embedded);
        await HttpJson.WriteAsync(
            call, Array.ConvertAll(embedded[..^1], item => TensorPrimitives.Dot(query.Span, item.Vector.Span)),
            HttpJson.Default.SingleArray);
    }

    private static readonly JsonElement Empty = JsonDocument.Parse("{}").RootElement;

    /// <summary>In the spelling of either client; a text has them between commas, as the pipeline takes it.</summary>
    private static (List<string> Labels, string Field)? ReadLabels(JsonFields parameters)
    {
        foreach (var name in new[] { "candidate_labels", "candidateLabels" })
        {
            if (parameters.Find(name) is not { } value)
                continue;

            var labels = value.ValueKind == JsonValueKind.String
                ? [.. value.GetString()!.Split(',', StringSplitOptions.TrimEntries)]
                : parameters.FindTexts(name)!;
            return (labels, parameters.PathOf(name));
        }

        return null;
    }

    private static RequestException MissingLabels() => RequestError.Invalid(
        "parameters.candidate_labels", "The field is missing; images are classified against labels.", "missing_field");
}
