using System.Text.Json;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using ModelState = ClipGrpc.Serving.Models.ModelState;

namespace ClipGrpc.Server.Http;

/// <summary>Embeddings and models as of the OpenAI API, with images in all the forms that other servers take.</summary>
internal sealed class OpenAiFacade(FacadeEngine engine, TimeProvider time)
{
    public const string ModelPrefix = "/v1/models/";

    private readonly long _created = time.GetUtcNow().ToUnixTimeSeconds();

    public async Task EmbedAsync(FacadeCall call)
    {
        using var body = await call.ReadBodyAsync();
        var request = new JsonFields(body.Root);
        var model = engine.GetModel(request.FindText("model"));
        var isBase64 = ReadEncoding(request);
        CheckDimensions(request, model);
        var inputs = ReadInputs(request);
        var embedded = await engine.EmbedAsync(model, inputs, call, ReadLongText(request));

        var tokens = CountTokens(embedded, model);
        var data = new OpenAiEmbedding[embedded.Length];
        for (var i = 0; i < data.Length; i++)
            data[i] = new OpenAiEmbedding("embedding", i, EmbeddingVector.From(embedded[i], isBase64));
        await HttpJson.WriteAsync(
            call, new OpenAiEmbeddings("list", data, model.Name, new OpenAiUsage(tokens, tokens)),
            HttpJson.Default.OpenAiEmbeddings);
    }

    public Task ListModelsAsync(FacadeCall call) => HttpJson.WriteAsync(
        call, new OpenAiModelList("list", [.. engine.ListModels().Select(ToModel)]), HttpJson.Default.OpenAiModelList);

    public Task GetModelAsync(FacadeCall call) => HttpJson.WriteAsync(
        call, ToModel(engine.GetEntry(call.GetPathAfter(ModelPrefix))), HttpJson.Default.OpenAiModel);

    /// <summary>The tokens of texts as the model read them, start and end tokens included; images have none.</summary>
    public static int CountTokens(IEnumerable<EmbeddingResult> embedded, RunningModel model) =>
        embedded.Sum(embedding => CountTokens(embedding, model));

    public static int CountTokens(in EmbeddingResult embedded, RunningModel model) =>
        Math.Min(embedded.TokenCount, model.Info.Config.ContextLength);

    /// <summary>Only the model's own: its embeddings are not made to be cut.</summary>
    public static void CheckDimensions(JsonFields request, RunningModel model)
    {
        var own = model.Info.Config.EmbeddingDimensions;
        if (request.FindCount("dimensions") is { } dimensions && dimensions != own)
        {
            throw RequestError.Invalid(
                "dimensions", $"The embeddings of \"{model.Name}\" have {own} dimensions and cannot be shortened.",
                "unsupported");
        }
    }

    private List<HttpInput> ReadInputs(JsonFields request)
    {
        ItemKind? kind = request.FindText("modality") switch
        {
            null => null,
            "text" => ItemKind.Text,
            "image" => ItemKind.Image,
            var other => throw RequestError.Invalid(
                "modality", $"\"{Excerpt.Of(other)}\" is not supported; use text or image."),
        };
        if (request.Find("input") is { } input)
            return InputUnion.ReadAll(input, "input", kind, engine);
        return request.Find("messages") is { } messages
            ? InputUnion.ReadMessages(messages, engine)
            : InputUnion.ReadAll(request.Get("input"), "input", kind, engine);
    }

    /// <summary>Under OpenAI's name, or one of those that clients of Jina send; true: base64.</summary>
    private static bool ReadEncoding(JsonFields request)
    {
        var name = request.Has("encoding_format") ? "encoding_format"
            : request.Has("embedding_type") ? "embedding_type"
            : "encoding_type";
        return request.FindText(name) switch
        {
            null or "float" => false,
            "base64" => true,
            var other => throw RequestError.Invalid(
                name, $"\"{Excerpt.Of(other)}\" is not supported; use float or base64."),
        };
    }

    /// <summary>An extension of NVIDIA's: a text that is too long is cut at its end, or refused.</summary>
    private static LongText ReadLongText(JsonFields request)
    {
        const string Field = "truncate";
        if (request.Find(Field) is not { ValueKind: JsonValueKind.String })
            return request.FindBoolean(Field) == false ? LongText.Reject : LongText.Truncate;

        return request.FindText(Field)!.ToUpperInvariant() switch
        {
            "END" => LongText.Truncate,
            "NONE" => LongText.Reject,
            var other => throw RequestError.Invalid(
                Field, $"\"{Excerpt.Of(other)}\" is not supported; use END or NONE."),
        };
    }

    private OpenAiModel ToModel(ModelEntry entry)
    {
        var info = entry.Running?.Info;
        return new OpenAiModel(entry.Spec.Name, "model", _created, "clipgrpc")
        {
            State = entry.State.ToString().ToLowerInvariant(),
            Capabilities = entry.State == ModelState.Ready ? ["embed", "image_embed", "zero_shot"] : [],
            Dimensions = info?.Config.EmbeddingDimensions,
            ImageSize = info?.Config.Image.Size,
            ContextLength = info?.Config.ContextLength,
            Revision = info?.Revision,
            Precision = info?.Precision,
        };
    }
}
