using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Http;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.OpenInference;

/// <summary>The protocol's inference, whether a request came over gRPC or HTTP.</summary>
internal sealed class InferenceEngine(
    FacadeEngine engine, InferenceStatistics statistics, IOptions<ServerOptions> server, TimeProvider time)
{
    /// <summary>The only version of every model.</summary>
    public const string Version = "1";

    /// <summary>What a response has beside its tensors.</summary>
    private const int Envelope = 4096;

    /// <exception cref="ClipException">NotFound; Unavailable: loading, draining or failed.</exception>
    public RunningModel GetModel(string name, string version)
    {
        GetEntry(name, version);
        return engine.GetModel(name);
    }

    /// <summary>In any state.</summary>
    /// <exception cref="ClipException">NotFound, in the words of Triton.</exception>
    public ModelEntry GetEntry(string name, string version)
    {
        try
        {
            var entry = engine.GetEntry(name);
            return version is "" or Version
                ? entry
                : throw Unknown(
                    $"'{Excerpt.Of(name)}' version {Excerpt.Of(version)} is not found. Its version is {Version}.");
        }
        catch (ClipException exception) when (exception.Code == ClipErrorCode.NotFound && version is "" or Version)
        {
            var models = engine.ListModels();
            throw Unknown(
                $"'{Excerpt.Of(name)}' is not found. "
                + (models.Count == 0
                    ? "No model is loaded."
                    : $"Loaded models: {string.Join(", ", models.Select(model => model.Spec.Name))}."));
        }
    }

    /// <exception cref="ClipException">All errors of the request and of the engine.</exception>
    public async Task<InferenceResult> InferAsync(InferenceRequest request, InferenceCall call)
    {
        var arrived = time.GetTimestamp();
        var model = GetModel(request.Model, request.Version);
        var counts = statistics.Of(model.Name);
        try
        {
            var (result, items, output) = await RunAsync(request, call, model);
            counts.Succeeded(items, time.GetElapsedTime(arrived), output);
            return result;
        }
        catch
        {
            counts.Failed(time.GetElapsedTime(arrived));
            throw;
        }
    }

    private async Task<(InferenceResult Result, EmbeddingResult[] Items, TimeSpan Output)> RunAsync(
        InferenceRequest request, InferenceCall call, RunningModel model)
    {
        var settings = request.Settings;
        var inputs = InferenceInputs.Read(request.Inputs, settings, model.Info, engine.Limits);
        var plan = OutputPlan.Create(request.Outputs, inputs);
        var items = inputs.Images.Append(inputs.Texts);
        if (items.Count > engine.MaxInputsPerCall)
            throw InputReader.TooMany("inputs", items.Count, engine.MaxInputsPerCall);

        var bytes = plan.SizeFor(inputs, settings, model.Info.Config.EmbeddingDimensions);
        CheckSize(bytes, request.Id);
        engine.Charge(call.Http, items.Count);
        var work = Limit(call.Work, settings);
        var labels = inputs.Labels is { } definition
            ? await engine.EmbedLabelsAsync(model, definition, call.Http, work)
            : null;
        await call.ReserveResponseAsync(bytes + FacadeEngine.SizeOfEmbeddings(model, items.Count));
        var embedded = await engine.EmbedAsync(model, items, work);

        var started = time.GetTimestamp();
        var outputs = Write(plan, inputs, settings, model.Info, embedded, labels);
        return (new InferenceResult(model.Name, request.Id, outputs), embedded, time.GetElapsedTime(started));
    }

    private static OutputTensor[] Write(
        OutputPlan plan, InferenceInputs inputs, InferenceSettings settings, ModelInfo model,
        EmbeddingResult[] embedded, LabelSet? labels)
    {
        var writer = new OutputWriter(inputs, settings, model.LogitScale);
        var (images, texts) = (embedded[..inputs.Images.Count], embedded[inputs.Images.Count..]);
        return [.. plan.Outputs.Select(output => writer.Write(output, images, texts, labels))];
    }

    private WorkContext Limit(WorkContext work, InferenceSettings settings)
    {
        var limited = work with { Priority = settings.Priority };
        if (settings.Timeout is not { } timeout)
            return limited;

        var deadline = time.GetUtcNow() + timeout;
        return limited with
        {
            Deadline = work.Deadline < deadline ? work.Deadline : deadline,
            Expiry = null,
        };
    }

    private void CheckSize(long bytes, string id)
    {
        var most = server.Value.MaxMessageBytes - Envelope - (long)id.Length * 3;
        if (bytes > most)
        {
            throw new ClipException(
                ClipErrorReason.ResponseTooLarge,
                $"The response can have {bytes:N0} bytes; the maximum is {Math.Max(most, 0):N0}. Send fewer inputs, "
                + "request fewer outputs, or a smaller classification.").At("outputs");
        }
    }

    private static ClipException Unknown(string what) =>
        new(ClipErrorReason.ModelNotFound, $"Request for unknown model: {what}");
}
