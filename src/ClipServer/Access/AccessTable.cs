using System.Collections.Frozen;
using Grpc.AspNetCore.Server;

namespace ClipGrpc.Server.Access;

/// <summary>
/// Every endpoint of the server and the roles that may call it. One that is not in the table cannot be mapped.
/// </summary>
internal static class AccessTable
{
    private const Roles Everybody = Roles.None;

    /// <summary>
    /// By the full names of RPCs and the paths of HTTP endpoints; with a method where another method of the path has
    /// another rule.
    /// </summary>
    public static FrozenDictionary<string, AccessRule> Rules { get; } = new Dictionary<string, Roles>
    {
        ["/clipgrpc.v1.ClipService/Embed"] = Roles.Infer,
        ["/clipgrpc.v1.ClipService/EmbedStream"] = Roles.Infer,
        ["/clipgrpc.v1.ClipService/Classify"] = Roles.Infer,
        ["/clipgrpc.v1.ClipService/ClassifyStream"] = Roles.Infer,
        ["/clipgrpc.v1.ClipService/CreateLabelSet"] = Roles.Infer,
        ["/clipgrpc.v1.ClipService/Rank"] = Roles.Infer,

        // Clients ask for the limits before they send batches.
        ["/clipgrpc.v1.ModelService/ListModels"] = Roles.ModelsRead | Roles.Infer,
        ["/clipgrpc.v1.ModelService/GetModel"] = Roles.ModelsRead | Roles.Infer,
        ["/clipgrpc.v1.ModelService/LoadModel"] = Roles.ModelsWrite,
        ["/clipgrpc.v1.ModelService/UnloadModel"] = Roles.ModelsWrite,
        ["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"] = Roles.ModelsRead | Roles.Infer,
        ["/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"] = Roles.ModelsRead | Roles.Infer,

        ["/inference.GRPCInferenceService/ModelInfer"] = Roles.Infer,
        ["/inference.GRPCInferenceService/ModelStreamInfer"] = Roles.Infer,
        ["/inference.GRPCInferenceService/ServerMetadata"] = Roles.ModelsRead | Roles.Infer,
        ["/inference.GRPCInferenceService/ModelReady"] = Roles.ModelsRead | Roles.Infer,
        ["/inference.GRPCInferenceService/ModelMetadata"] = Roles.ModelsRead | Roles.Infer,
        ["/inference.GRPCInferenceService/ModelConfig"] = Roles.ModelsRead | Roles.Infer,
        ["/inference.GRPCInferenceService/ModelStatistics"] = Roles.ModelsRead | Roles.Infer,
        ["/inference.GRPCInferenceService/RepositoryIndex"] = Roles.ModelsRead | Roles.Infer,
        ["/inference.GRPCInferenceService/RepositoryModelLoad"] = Roles.ModelsWrite,
        ["/inference.GRPCInferenceService/RepositoryModelUnload"] = Roles.ModelsWrite,

        // Probes come from orchestrators and load balancers, which have no credentials.
        ["/grpc.health.v1.Health/Check"] = Everybody,
        ["/grpc.health.v1.Health/Watch"] = Everybody,
        ["/inference.GRPCInferenceService/ServerLive"] = Everybody,
        ["/inference.GRPCInferenceService/ServerReady"] = Everybody,
        ["/v2/health/live"] = Everybody,
        ["/v2/health/ready"] = Everybody,
        ["/healthz"] = Everybody,
        ["/readyz"] = Everybody,
        ["/health"] = Everybody,
        ["/.well-known/ready"] = Everybody,
        ["/.well-known/live"] = Everybody,
        ["/metrics"] = Roles.Metrics,

        ["/openapi/v1.json"] = Roles.ModelsRead | Roles.Infer,

        // The interfaces of other servers.
        ["/v1/embeddings"] = Roles.Infer,
        ["/v1/models"] = Roles.ModelsRead | Roles.Infer,
        ["/v1/models/{**id}"] = Roles.ModelsRead | Roles.Infer,
        ["/"] = Roles.Infer,
        // The page is the same for everybody, and has nothing of the server; its calls have the rules of their RPCs.
        ["GET /"] = Everybody,
        ["/page/{**file}"] = Everybody,
        ["/models/{**name}"] = Roles.Infer,
        ["/embed"] = Roles.Infer,
        ["/similarity"] = Roles.Infer,
        ["/rerank"] = Roles.Infer,
        ["/info"] = Roles.ModelsRead | Roles.Infer,
        ["/v1/classify"] = Roles.Infer,
        ["/v1/rerank"] = Roles.Infer,
        ["/vectorize"] = Roles.Infer,
        ["/meta"] = Roles.ModelsRead | Roles.Infer,
        ["/weaviate/{**path}"] = Roles.Infer,
        ["/qdrant"] = Roles.Infer,
        ["/v2"] = Roles.ModelsRead | Roles.Infer,
        ["/v2/models"] = Roles.ModelsRead | Roles.Infer,
        ["/v2/models/stats"] = Roles.ModelsRead | Roles.Infer,
        ["/v2/models/{**model}"] = Roles.ModelsRead | Roles.Infer,
        ["/v2/models/{**name}"] = Roles.Infer,
        ["/v2/repository/index"] = Roles.ModelsRead | Roles.Infer,
        ["/v2/repository/models/{**name}"] = Roles.ModelsWrite,
    }.ToFrozenDictionary(rule => rule.Key, rule => new AccessRule(rule.Value), StringComparer.Ordinal);

    /// <summary>What the table has an HTTP endpoint under.</summary>
    public static string NameOf(string method, string path) =>
        Rules.ContainsKey($"{method} {path}") ? $"{method} {path}" : path;

    /// <exception cref="InvalidOperationException">The table has no such endpoint.</exception>
    public static AccessRule Get(string endpoint) => Rules.TryGetValue(endpoint, out var rule)
        ? rule
        : throw new InvalidOperationException($"{endpoint} has no access rule; add it to {nameof(AccessTable)}.");

    /// <summary>Gives each endpoint its rule.</summary>
    public static TBuilder WithAccessRules<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoints.Finally(endpoint => endpoint.Metadata.Add(Find(endpoint)));
        return endpoints;
    }

    private static AccessRule Find(EndpointBuilder endpoint)
    {
        if (endpoint.Metadata.OfType<GrpcMethodMetadata>().LastOrDefault() is { } grpc)
            return Get(grpc.Method.FullName);

        var path = ((RouteEndpointBuilder)endpoint).RoutePattern.RawText!;
        // What gRPC maps to answer UNIMPLEMENTED: it does nothing.
        return path.Contains("{unimplementedMethod", StringComparison.Ordinal)
            || path.Contains("{unimplementedService", StringComparison.Ordinal)
            ? new AccessRule(Everybody)
            : Get(NameOf(endpoint.Metadata.OfType<HttpMethodMetadata>().LastOrDefault()?.HttpMethods[0] ?? "", path));
    }
}
