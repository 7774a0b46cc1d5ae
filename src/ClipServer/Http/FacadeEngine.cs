using ClipGrpc.Server.Rpc;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using Microsoft.Extensions.Options;
using LabelSet = ClipGrpc.Serving.Labels.LabelSet;

namespace ClipGrpc.Server.Http;

/// <summary>The engine as all interfaces over HTTP use it: what gRPC calls do, for requests in JSON.</summary>
internal sealed class FacadeEngine(
    ModelRegistry models, ItemRunner items, LabelEmbedder labels, ResponseSizes sizes, ClipMetrics metrics,
    IOptions<LimitOptions> limits, IOptions<HttpOptions> options)
{
    /// <summary>
    /// Inputs of one call, which is what the OpenAI API takes, and what its clients rely on. More than the engine takes
    /// at once are embedded part by part.
    /// </summary>
    public const int MaxInputs = 2048;

    /// <summary>The error code of a list without inputs.</summary>
    public const string EmptyList = "empty";

    private readonly IReadOnlyDictionary<string, string> _aliases = options.Value.ReadAliases();

    public LimitOptions Limits => limits.Value;

    public int MaxInputsPerCall => Math.Max(MaxInputs, limits.Value.MaxInputs);

    public IReadOnlyList<ModelEntry> ListModels() => models.List();

    /// <summary>By its name, its source or an alias; the default without any.</summary>
    /// <exception cref="ClipException">NotFound; Unavailable: loading, draining or failed.</exception>
    public RunningModel GetModel(string? name) => models.Get(Resolve(name));

    /// <summary>One model in any state.</summary>
    /// <exception cref="ClipException">NotFound.</exception>
    public ModelEntry GetEntry(string name) => models.GetEntry(Resolve(name));

    /// <exception cref="RequestException">There are none, or too many.</exception>
    public void CheckCount(int count, string field)
    {
        if (count == 0)
        {
            throw RequestError.Invalid(
                field, "The list is empty; at least one input is required.", EmptyList,
                ClipErrorReason.MissingField);
        }

        if (count > MaxInputsPerCall)
        {
            throw RequestError.Invalid(
                field, $"There are {count:N0} inputs; the maximum per call is {MaxInputsPerCall:N0}.",
                "too_many_inputs", ClipErrorReason.TooManyElements);
        }
    }

    /// <summary>Embeds all inputs. The first that is not valid fails the call: these formats have no errors of items.
    /// </summary>
    /// <exception cref="RequestException">An input is not valid.</exception>
    /// <exception cref="ClipException">All errors of the engine.</exception>
    public async Task<EmbeddingResult[]> EmbedAsync(
        RunningModel model, IReadOnlyList<HttpInput> inputs, FacadeCall call, LongText longText = LongText.Truncate)
    {
        Charge(call.Http, inputs.Count);
        await call.Memory.ReserveResponseAsync(SizeOfEmbeddings(model, inputs.Count));
        var source = new InputSource(inputs.Count, i => inputs[i].Read(longText, limits.Value.MaxTextChars))
        {
            ToCallError = (i, error) => ToCallError(inputs[i], error),
        };
        return await EmbedAsync(model, source, call.Work);
    }

    /// <summary>Counts inputs against the caller's rate.</summary>
    /// <exception cref="ClipException">The caller has reached it.</exception>
    public void Charge(HttpContext http, int inputs) => CallContext.Charge(http, inputs, metrics);

    /// <summary>
    /// Embeds inputs that are charged and whose response has its memory; more than the engine takes at once part by
    /// part. The first that is not valid fails the call.
    /// </summary>
    /// <exception cref="ClipException">All errors of the engine.</exception>
    public async Task<EmbeddingResult[]> EmbedAsync(RunningModel model, InputSource inputs, WorkContext work)
    {
        var results = new EmbeddingResult[inputs.Count];
        for (var start = 0; start < inputs.Count; start += limits.Value.MaxInputs)
        {
            // A full queue refuses a call before its first part; one that has begun waits for room.
            var first = start;
            var part = await items.RunAsync(
                Math.Min(inputs.Count - start, limits.Value.MaxInputs),
                i => inputs.Read(first + i),
                model,
                work with { WaitsForRoom = work.WaitsForRoom || start > 0 });
            for (var i = 0; i < part.Length; i++)
            {
                results[start + i] = part[i].Error is { } error
                    ? throw inputs.ToCallError(start + i, error)
                    : part[i].Embedding;
            }
        }

        return results;
    }

    public static long SizeOfEmbeddings(RunningModel model, int count) =>
        (long)count * model.Info.Config.EmbeddingDimensions * sizeof(float);

    /// <summary>Labels and templates under the names that the request has them by.</summary>
    public LabelSetDefinition ReadLabels(
        IReadOnlyList<string> names, string labelsField, IReadOnlyList<string> templates, string templatesField) =>
        LabelSetReader.Read(names, labelsField, templates, templatesField, limits.Value);

    /// <summary>Classifies images or texts against labels: for each the best labels, the best first.</summary>
    /// <param name="topK">0 means all.</param>
    public async Task<Classification> ClassifyAsync(
        RunningModel model, IReadOnlyList<HttpInput> inputs, LabelSetDefinition definition, int topK, FacadeCall call)
    {
        var responseBytes = sizes.CheckClassify(inputs.Count, definition, topK, allScores: false);
        var set = await EmbedLabelsAsync(model, definition, call.Http, call.Work);
        return await ClassifyAsync(model, inputs, set, topK, responseBytes, call);
    }

    /// <summary>The same against labels that were embedded before.</summary>
    /// <exception cref="ClipException">NotFound: no such set; and all errors of the engine.</exception>
    /// <inheritdoc cref="ClassifyAsync(RunningModel, IReadOnlyList{HttpInput}, LabelSetDefinition, int, FacadeCall)"/>
    public Task<Classification> ClassifyAsync(
        RunningModel model, IReadOnlyList<HttpInput> inputs, string labelSetId, int topK, FacadeCall call)
    {
        var set = labels.Get(model, labelSetId);
        var responseBytes = sizes.CheckClassify(inputs.Count, set.Definition, topK, allScores: false);
        return ClassifyAsync(model, inputs, set, topK, responseBytes, call);
    }

    /// <summary>The embeddings of labels, which are charged unless they are there already.</summary>
    /// <exception cref="ClipException">All errors of the engine.</exception>
    public Task<LabelSet> EmbedLabelsAsync(
        RunningModel model, LabelSetDefinition definition, HttpContext http, WorkContext work)
    {
        CallContext.ChargeLabels(http, labels, model, definition, metrics);
        return labels.GetOrCreateAsync(model, definition, work);
    }

    private async Task<Classification> ClassifyAsync(
        RunningModel model, IReadOnlyList<HttpInput> inputs, LabelSet set, int topK, long responseBytes,
        FacadeCall call)
    {
        await call.Memory.ReserveResponseAsync(SizeOfEmbeddings(model, inputs.Count) + responseBytes);
        var embedded = await EmbedAsync(model, inputs, call);
        return new Classification(
            set, embedded,
            Array.ConvertAll(embedded, embedding => Classify(embedding, set, model.Info.LogitScale, topK)));
    }

    private string Resolve(string? name)
    {
        if (string.IsNullOrEmpty(name))
            return "";

        // Nearly all calls have the name itself.
        if (models.Contains(name))
            return name;
        if (models.List().FirstOrDefault(entry => entry.Spec.Source == name) is { } bySource)
            return bySource.Spec.Name;
        return _aliases.TryGetValue(name, out var aliased) ? aliased : name;
    }

    private static Scored[] Classify(in EmbeddingResult embedding, LabelSet set, float logitScale, int topK)
    {
        var cosines = Similarity.Cosines(embedding.Vector.Span, set);
        return Similarity.Top(cosines, Similarity.Softmax(cosines, logitScale), topK);
    }

    private static RequestException ToCallError(in HttpInput input, ClipException error) =>
        new(RequestError.From(error) with
        {
            Field = input.Field,
            ErrorCode = error.Code == ClipErrorCode.InvalidInput ? input.ErrorCode : null,
        });
}

/// <param name="Set">Whose labels the results name by index.</param>
internal sealed record Classification(LabelSet Set, EmbeddingResult[] Embedded, Scored[][] Results)
{
    public IReadOnlyList<string> Labels => Set.Definition.Labels;
}
