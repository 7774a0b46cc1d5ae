using System.Text.Json.Serialization.Metadata;
using ClipGrpc.Server.Http;

namespace ClipGrpc.Server.OpenInference;

/// <summary>The protocol over HTTP.</summary>
internal sealed class OpenInferenceFacade(
    InferenceEngine engine, Descriptor descriptor, ModelRepository repository, HttpRequestReader reader)
{
    public const string ModelPrefix = "/v2/models/";
    public const string RepositoryPrefix = "/v2/repository/models/";

    public Task ProbeLiveAsync(FacadeCall call) => WriteStateAsync(
        call, descriptor.IsLive, new LiveDescription(descriptor.IsLive), DescriptionJson.Default.LiveDescription);

    public Task ProbeReadyAsync(FacadeCall call) => WriteStateAsync(
        call, descriptor.IsReady, new ReadyDescription(descriptor.IsReady), DescriptionJson.Default.ReadyDescription);

    public Task DescribeServerAsync(FacadeCall call) =>
        HttpJson.WriteAsync(call, Descriptor.Server, DescriptionJson.Default.ServerDescription);

    public Task ListModelsAsync(FacadeCall call) => HttpJson.WriteAsync(
        call, new ModelNames(descriptor.ListNames()), DescriptionJson.Default.ModelNames);

    /// <summary>The statistics of all models.</summary>
    public Task CountAsync(FacadeCall call) => WriteStatisticsAsync(call, "", "");

    /// <summary>What the path requests of a model: its metadata, readiness, configuration or statistics.</summary>
    public Task GetFromModelAsync(FacadeCall call)
    {
        var path = ModelPath.Read(call, ModelPrefix, "ready", "config", "stats");
        switch (path.Action)
        {
            case "ready":
                var isReady = descriptor.IsModelReady(path.Name, path.Version);
                return WriteStateAsync(
                    call, isReady, new ModelReadyDescription(path.Name, isReady),
                    DescriptionJson.Default.ModelReadyDescription);
            case "config":
                return HttpJson.WriteAsync(
                    call, descriptor.Configure(path.Name, path.Version),
                    DescriptionJson.Default.ConfigurationDescription);
            case "stats":
                return WriteStatisticsAsync(call, path.Name, path.Version);
            default:
                return HttpJson.WriteAsync(
                    call, descriptor.Describe(path.Name, path.Version), DescriptionJson.Default.ModelDescription);
        }
    }

    public async Task InferAsync(FacadeCall call)
    {
        var path = ModelPath.Read(call, ModelPrefix, "infer");
        if (path.Action.Length == 0)
            throw NotThere("a model has the endpoint /infer");

        var bytes = await call.ReadBytesAsync();
        int? length;
        try
        {
            length = HttpRequestReader.ReadJsonLength(call.Http.Request, bytes.Memory.Length);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }

        if (length == 0)
        {
            using (bytes)
                await InferAsync(call, reader.ReadImage(path, bytes.Memory));
        }
        else
        {
            using var body = JsonBody.Parse(bytes, length);
            await InferAsync(call, reader.Read(path, body));
        }
    }

    public async Task ListRepositoryAsync(FacadeCall call)
    {
        using var body = await ReadOptionalBodyAsync(call);
        var isReadyOnly = body is not null && (new JsonFields(body.Root).FindBoolean("ready") ?? false);
        await HttpJson.WriteAsync(
            call, repository.List(isReadyOnly), DescriptionJson.Default.IReadOnlyListIndexDescription);
    }

    /// <summary>Loads or unloads a model, as the path requests.</summary>
    public async Task ChangeModelAsync(FacadeCall call)
    {
        var path = ModelPath.Read(call, RepositoryPrefix, "load", "unload");
        using var body = await ReadOptionalBodyAsync(call);
        switch (path.Action)
        {
            case "load":
                var parameters = ParameterSet.Read(new JsonFields(body?.Root ?? EmptyObject));
                await repository.LoadAsync(path.Name, parameters, call.Http, call.Work.CancellationToken);
                await HttpJson.WriteAsync(
                    call, new LoadDescription(path.Name, true), DescriptionJson.Default.LoadDescription);
                break;
            case "unload":
                await repository.UnloadAsync(path.Name, call.Http);
                await HttpJson.WriteAsync(
                    call, new UnloadDescription(path.Name, true), DescriptionJson.Default.UnloadDescription);
                break;
            default:
                throw NotThere("a model in the repository has the endpoints /load and /unload");
        }
    }

    private async Task InferAsync(FacadeCall call, HttpInferenceRequest request)
    {
        var inference = new InferenceCall(call.Http, call.Work, call.Memory.ReserveResponseAsync);
        var result = await engine.InferAsync(request.Request, inference);
        await HttpResponseWriter.WriteAsync(call.Http.Response, result, request.IsBinary);
    }

    private Task WriteStatisticsAsync(FacadeCall call, string name, string version) => HttpJson.WriteAsync(
        call, descriptor.Count(name, version), DescriptionJson.Default.StatisticsDescription);

    private static Task WriteStateAsync<T>(FacadeCall call, bool isWell, T body, JsonTypeInfo<T> type)
    {
        if (!isWell)
            call.Http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return HttpJson.WriteAsync(call, body, type);
    }

    /// <summary>Null: there is none, as clients send it to the repository.</summary>
    private static async Task<JsonBody?> ReadOptionalBodyAsync(FacadeCall call)
    {
        var bytes = await call.ReadBytesAsync();
        if (bytes.Memory.Length > 0)
            return JsonBody.Parse(bytes);

        bytes.Dispose();
        return null;
    }

    private static RequestException NotThere(string what) => new(
        new RequestError(ClipErrorReason.ServiceNotFound, $"There is nothing at this path; {what}."));

    private static readonly System.Text.Json.JsonElement EmptyObject =
        System.Text.Json.JsonDocument.Parse("{}").RootElement;
}
