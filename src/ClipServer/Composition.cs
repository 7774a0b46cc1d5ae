using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Converted;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Hub;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Health;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Server.Http;
using ClipGrpc.Server.OpenInference;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Preprocessing;
using ClipGrpc.Serving.Texts;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Prometheus;

namespace ClipGrpc.Server;

/// <summary>
/// The parts of the server and how they fit together: the only place that registers services and endpoints.
/// </summary>
internal static class Composition
{
    private const string LiveTag = "live";
    private const string ReadyTag = "ready";

    public static IServiceCollection AddClipServer(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSettings(configuration)
            .AddModels()
            .AddServing()
            .AddTelemetry()
            .AddHealth()
            .AddAccess(configuration)
            .AddRpc()
            .AddBrowsers()
            .AddFacades()
            .AddHosting();
    }

    public static WebApplication MapClipServer(this WebApplication app)
    {
        // The host would add a step of its own, which asks the schemes of every request for a user that nothing reads.
        ((IApplicationBuilder)app).Properties["__AuthenticationMiddlewareSet"] = true;
        app.UseRouting();
        app.UseMiddleware<ListenerFilter>();
        app.UseMiddleware<RequestIdEcho>();
        var http = app.Services.GetRequiredService<IOptions<HttpOptions>>().Value;
        if (http.CorsOrigins.Length > 0)
            app.UseCors();
        app.UseMiddleware<RequestDrain>();
        if (http.GrpcWeb)
            app.UseGrpcWeb();
        app.UseMiddleware<CallMetrics>();
        app.UseMiddleware<CallGuard>();
        app.UseMiddleware<AccessControl>();
        app.UseMiddleware<MessageMeter>();
        app.UseMiddleware<UnknownPaths>();
        app.MapGrpcService<ClipRpcService>().WithAccessRules().WithGrpcWeb(http.GrpcWeb);
        app.MapGrpcService<ModelRpcService>().WithAccessRules().WithGrpcWeb(http.GrpcWeb);
        app.MapGrpcService<ModelHealth>().WithAccessRules().WithGrpcWeb(http.GrpcWeb);
        var access = app.Services.GetRequiredService<IOptions<AccessOptions>>().Value;
        if (access.Reflection)
            app.MapGrpcReflectionService().WithAccessRules();
        app.MapProbe("/healthz", LiveTag);
        app.MapProbe("/readyz", ReadyTag);
        if (access.Metrics)
        {
            app.MapMetrics("/metrics", app.Services.GetRequiredService<CollectorRegistry>())
                .WithMetadata(new ListenerMetadata(Listener.Http))
                .WithAccessRules();
        }

        if (http.ServesPage())
            app.MapPage();
        app.MapFacades(http);
        return app;
    }

    private static void MapFacades(this WebApplication app, HttpOptions options)
    {
        if (options.OpenAi)
            app.MapOpenAi(app.Services.GetRequiredService<OpenAiFacade>());
        if (options.HuggingFace)
            app.MapHuggingFace(app.Services.GetRequiredService<HuggingFaceFacade>());
        if (options.HuggingFace || options.Jina)
            app.MapRanking(app.Services.GetRequiredService<RankingFacade>(), options);
        if (options.Jina)
            app.MapJina(app.Services.GetRequiredService<JinaFacade>());
        if (options.Weaviate)
            app.MapWeaviate(app.Services.GetRequiredService<WeaviateFacade>());
        if (options.Qdrant)
            app.MapQdrant(app.Services.GetRequiredService<QdrantFacade>());
        if (options.OpenInference)
            app.MapOpenInference(app.Services.GetRequiredService<OpenInferenceFacade>());

        var document = OpenApiDocument.Read(options);
        app.MapGet("/openapi/v1.json", http => OpenApiDocument.WriteAsync(http.Response, document))
            .WithMetadata(new ListenerMetadata(Listener.Http))
            .WithAccessRules();
    }

    private static void MapOpenAi(this WebApplication app, OpenAiFacade facade)
    {
        var errors = OpenAiErrors.OpenAi;
        app.MapFacade("POST", "/v1/embeddings", "OpenAiEmbeddings", errors, facade.EmbedAsync);
        app.MapFacade("GET", "/v1/models", "OpenAiListModels", errors, facade.ListModelsAsync);
        app.MapFacade("GET", "/v1/models/{**id}", "OpenAiGetModel", errors, facade.GetModelAsync);
    }

    private static void MapHuggingFace(this WebApplication app, HuggingFaceFacade facade)
    {
        var errors = TeiErrors.HuggingFace;
        app.MapFacade("POST", "/", "HuggingFaceInfer", errors, facade.InferAsync);
        app.MapFacade("POST", "/models/{**name}", "HuggingFaceInfer", errors, facade.InferWithModelAsync);
        app.MapFacade("POST", "/embed", "TeiEmbed", TeiErrors.Tei, facade.EmbedAsync);
        app.MapFacade("POST", "/similarity", "TeiSimilarity", TeiErrors.Tei, facade.CompareAsync);
        app.MapFacade("GET", "/info", "TeiInfo", TeiErrors.Tei, facade.DescribeAsync);
        app.MapProbe("/health", ReadyTag);
    }

    private static void MapRanking(this WebApplication app, RankingFacade facade, HttpOptions options)
    {
        app.MapFacade("POST", "/rerank", "Rerank", TeiErrors.Tei, facade.RankAsync);
        if (options.Jina)
            app.MapFacade("POST", "/v1/rerank", "JinaRerank", OpenAiErrors.Jina, facade.RankDocumentsAsync);
    }

    private static void MapJina(this WebApplication app, JinaFacade facade) =>
        app.MapFacade("POST", "/v1/classify", "JinaClassify", OpenAiErrors.Jina, facade.ClassifyAsync);

    private static void MapWeaviate(this WebApplication app, WeaviateFacade facade)
    {
        var errors = TextErrors.Instance;
        app.MapFacade("POST", "/vectorize", "WeaviateVectorize", errors, facade.VectorizeAsync);
        app.MapFacade("GET", "/meta", "WeaviateMeta", errors, facade.DescribeAsync);
        app.MapFacade("GET", "/.well-known/ready", "WeaviateProbe", errors, facade.ProbeAsync);
        app.MapFacade("GET", "/.well-known/live", "WeaviateProbe", errors, facade.ProbeAsync);
        app.MapFacade("POST", "/weaviate/{**path}", "WeaviateVectorize", errors, facade.PostToModelAsync);
        app.MapFacade("GET", "/weaviate/{**path}", "WeaviateMeta", errors, facade.GetFromModelAsync);
    }

    private static void MapQdrant(this WebApplication app, QdrantFacade facade) =>
        app.MapFacade("POST", "/qdrant", "QdrantInfer", TextErrors.Instance, facade.InferAsync);

    /// <summary>On both ports.</summary>
    private static void MapOpenInference(this WebApplication app, OpenInferenceFacade facade)
    {
        var errors = TextErrors.Instance;
        app.MapGrpcService<OpenInferenceService>().WithAccessRules();
        app.MapFacade("GET", "/v2/health/live", "OpenInferenceProbe", errors, facade.ProbeLiveAsync);
        app.MapFacade("GET", "/v2/health/ready", "OpenInferenceProbe", errors, facade.ProbeReadyAsync);
        app.MapFacade("GET", "/v2", "OpenInferenceMetadata", errors, facade.DescribeServerAsync);
        app.MapFacade("GET", "/v2/models", "OpenInferenceMetadata", errors, facade.ListModelsAsync);
        app.MapFacade("GET", "/v2/models/stats", "OpenInferenceMetadata", errors, facade.CountAsync);
        app.MapFacade("GET", "/v2/models/{**model}", "OpenInferenceMetadata", errors, facade.GetFromModelAsync);
        app.MapFacade("POST", "/v2/models/{**name}", "OpenInferenceInfer", errors, facade.InferAsync);
        app.MapFacade("POST", "/v2/repository/index", "OpenInferenceIndex", errors, facade.ListRepositoryAsync);
        app.MapFacade(
            "POST", "/v2/repository/models/{**name}", "OpenInferenceLoad", errors, facade.ChangeModelAsync);
    }

    /// <summary>A probe on the HTTP port: 200 or 503, with the reasons of the checks that have the tag.</summary>
    private static void MapProbe(this WebApplication app, string path, string tag) => app
        .MapHealthChecks(path, new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(tag),
            ResponseWriter = ProbeResult.WriteAsync,
        })
        .WithMetadata(new ListenerMetadata(Listener.Http))
        .WithAccessRules();

    private static IServiceCollection AddSettings(this IServiceCollection services, IConfiguration configuration)
    {
        // On a GPU one batch is copied while another is computed.
        services.AddOptions<BatchingOptions>().PostConfigure<IOptions<InferenceOptions>>((batching, inference) =>
        {
            if (inference.Value.Device.Kind == DeviceKind.Cuda && configuration["Clip:Batching:Workers"] is null)
                batching.Workers = 2;
        });
        services.AddOptions<LimitOptions>().PostConfigure<IOptions<BatchingOptions>, IOptions<PreprocessOptions>>(
            (limits, batching, preprocess) => limits.MaxInputs = Math.Min(
                limits.MaxInputs,
                Math.Min(
                    batching.Value.CallerCapacity,
                    batching.Value.CallerPositions(preprocess.Value.QueueCapacity))));
        return services
            .AddClipOptions<ServerOptions>(configuration, "Server")
            .AddClipOptions<ModelOptions>(configuration, "Models", ModelOptions.Read)
            .AddClipOptions<LimitOptions>(configuration, "Limits")
            .AddClipOptions<PreprocessOptions>(configuration, "Preprocess")
            .AddClipOptions<BatchingOptions>(configuration, "Batching")
            .AddClipOptions<InferenceOptions>(configuration, "Inference", InferenceSection.Read)
            .AddClipOptions<TextCacheOptions>(configuration, "TextCache")
            .AddClipOptions<HttpOptions>(configuration, "Http")
            .AddClipOptions<AccessOptions>(configuration, "Access")
            .AddClipOptions<TlsOptions>(configuration, "Tls")
            .AddClipOptions<JwtOptions>(configuration, "Jwt", JwtOptions.Read);
    }

    private static IServiceCollection AddModels(this IServiceCollection services) => services
        .AddSingleton(_ => HubOptions.FromEnvironment(Environment.GetEnvironmentVariable))
        .AddSingleton(provider => new HubModels(
            provider.GetRequiredService<HubOptions>(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<ModelLocator>()
        .AddSingleton(provider => new ConvertedWeightsCache(
            CacheFolder.Locate(), CacheFolder.ReadLimit(Environment.GetEnvironmentVariable),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ConvertedWeightsCache>>()))
        .AddSingleton(provider => new DigestMemo(CacheFolder.Locate(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<IModelOpener, ModelOpener>();

    private static IServiceCollection AddServing(this IServiceCollection services) => services
        .AddSingleton(provider => new PreprocessPool(
            provider.GetRequiredService<IOptions<PreprocessOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IOptions<BatchingOptions>>().Value.MaxCallerShare))
        .AddSingleton(provider => new DeviceSchedulers(
            provider.GetRequiredService<IOptions<BatchingOptions>>().Value,
            provider.GetRequiredService<IBatchObserver>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DeviceScheduler>>()))
        .AddSingleton<ProcessMemory>()
        .AddSingleton(provider => provider.GetRequiredService<ProcessMemory>().Budget)
        .AddSingleton(provider => new LabelSetStore(
            provider.GetRequiredService<IOptions<LimitOptions>>().Value.MaxLabelSetBytes))
        .AddSingleton<LabelEmbedder>()
        .AddSingleton<IModelLoader, ModelLoader>()
        .AddSingleton<ModelRegistry>();

    /// <summary>Metrics on a registry of their own; a test may bring its own.</summary>
    private static IServiceCollection AddTelemetry(this IServiceCollection services)
    {
        services.TryAddSingleton(_ =>
        {
            var registry = Metrics.NewCustomRegistry();
            DotNetStats.Register(registry);
            return registry;
        });
        return services
            .AddSingleton<ClipMetrics>()
            .AddSingleton<IBatchObserver, MetricsBatchObserver>()
            .AddSingleton<ICacheObserver>(provider => provider.GetRequiredService<ClipMetrics>());
    }

    private static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck<LivenessCheck>("liveness", tags: [LiveTag])
            .AddCheck<ReadinessCheck>("readiness", tags: [ReadyTag]);
        return services
            .AddSingleton<ModelHealth>()
            .AddSingleton<IModelObserver, ModelObserver>()
            .AddSingleton<DrainState>()
            .AddSingleton<IReadiness>(provider => provider.GetRequiredService<DrainState>())
            .AddSingleton<IReadiness>(provider => provider.GetRequiredService<ModelRegistry>())
            .AddSingleton<ILiveness>(provider => provider.GetRequiredService<ModelRegistry>());
    }

    private static IServiceCollection AddAccess(this IServiceCollection services, IConfiguration configuration)
    {
        // AddAuthentication would bring the protection of cookies along, which keeps keys in the user's home.
        services.AddAuthenticationCore().AddWebEncoders();
        var authentication = new AuthenticationBuilder(services);
        foreach (var issuer in configuration.GetSection("Clip:Jwt").GetChildren())
            authentication.AddScheme<JwtBearerOptions, JwtBearerHandler>(issuer.Key, displayName: null, _ => { });
        return services
            .AddSingleton<IConfigureOptions<JwtBearerOptions>, JwtSetup>()
            .AddSingleton<IPostConfigureOptions<JwtBearerOptions>, JwtBearerPostConfigureOptions>()
            .AddSingleton<TlsSetup>()
            .AddSingleton<ServerCertificate>()
            .AddSingleton<ApiKeys>()
            .AddSingleton<CallerIdentification>()
            .AddSingleton<CallerKeys>()
            .AddSingleton<ModelSourcePolicy>();
    }

    private static IServiceCollection AddRpc(this IServiceCollection services)
    {
        services.AddGrpc();
        services.AddGrpcReflection();
        return services
            .AddSingleton<IConfigureOptions<GrpcServiceOptions>, GrpcSetup>()
            .AddSingleton<ErrorInterceptor>()
            .AddSingleton<WorkContexts>()
            .AddSingleton<ItemRunner>()
            .AddSingleton<ResponseSizes>()
            .AddSingleton<EmbedStreamHandler>()
            .AddSingleton<ClassifyStreamHandler>()
            .AddSingleton<ClipRpcService>()
            .AddSingleton<ModelChanges>()
            .AddSingleton<ModelRpcService>();
    }

    /// <summary>What pages of other origins may do.</summary>
    private static IServiceCollection AddBrowsers(this IServiceCollection services)
    {
        services.AddCors();
        return services.AddSingleton<IConfigureOptions<CorsOptions>, CorsSetup>();
    }

    /// <summary>The interfaces of other servers.</summary>
    private static IServiceCollection AddFacades(this IServiceCollection services) => services
        .AddSingleton<FacadeRunner>()
        .AddSingleton<FacadeEngine>()
        .AddSingleton<OpenAiFacade>()
        .AddSingleton<HuggingFaceFacade>()
        .AddSingleton<RankingFacade>()
        .AddSingleton<JinaFacade>()
        .AddSingleton<WeaviateFacade>()
        .AddSingleton<QdrantFacade>()
        .AddSingleton<TensorReader>()
        .AddSingleton<InferenceStatistics>()
        .AddSingleton<InferenceEngine>()
        .AddSingleton<ModelRepository>()
        .AddSingleton<Descriptor>()
        .AddSingleton<HttpRequestReader>()
        .AddSingleton<OpenInferenceFacade>()
        .AddSingleton<OpenInferenceService>();

    /// <summary>Listeners, the start, and the steps of stopping in their order.</summary>
    private static IServiceCollection AddHosting(this IServiceCollection services)
    {
        services.AddRouting();
        services.AddOptions<HostOptions>().Configure<IOptions<ServerOptions>>(
            (host, server) => host.ShutdownTimeout =
                server.Value.DrainDelay + server.Value.ShutdownTimeout + DrainService.ExpiryGrace);
        return services
            .AddSingleton<ProcessExit>()
            .LimitLogging()
            .AddSingleton<ListenerAddresses>()
            .AddSingleton<ConnectionBuffers>()
            .AddSingleton<IMemoryPoolFactory<byte>>(provider => provider.GetRequiredService<ConnectionBuffers>())
            .AddSingleton<IConfigureOptions<KestrelServerOptions>, KestrelSetup>()
            .AddSingleton<IConfigureOptions<SocketTransportOptions>, SocketFiles>()
            .AddSingleton<StartupAnnouncer>()
            .AddSingleton<FasterPrecision>()
            .AddHostedService<LifetimeLog>()
            .AddHostedService<DrainService>()
            .AddHostedService<RuntimeLogging>()
            .AddHostedService<FailureWatch>()
            .AddHostedService<IdleTrim>()
            .AddSingleton<ModelStartup>()
            .AddHostedService(provider => provider.GetRequiredService<ModelStartup>());
    }
}
