using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Converted;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Hub;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Server.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>What the server would make of a source and its settings.</summary>
internal static class ModelSettings
{
    /// <summary>The model's folder, fetched where it must be.</summary>
    /// <exception cref="ClipException">No such model.</exception>
    public static async Task<string> LocateAsync(
        string source, Precision precision, TimeProvider time, CancellationToken cancellationToken)
    {
        using var hub = new HubModels(HubOptions.FromEnvironment(Environment.GetEnvironmentVariable), time);
        return await new ModelLocator(hub)
            .LocateAsync(source, precision, new LogProgress(NullLogger.Instance), cancellationToken);
    }

    /// <exception cref="ClipException">The files are not those of a model.</exception>
    public static ModelFiles Open(string folder, InferenceOptions options) =>
        new ModelOpener(
            new ConvertedWeightsCache(
                CacheFolder.Locate(), CacheFolder.ReadLimit(Environment.GetEnvironmentVariable), TimeProvider.System,
                NullLogger.Instance),
            new DigestMemo(CacheFolder.Locate(), TimeProvider.System)).Open(folder, options.Precision);

    public static InferenceOptions Inference(IReadOnlyDictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        using var services = new ServiceCollection()
            .AddClipOptions<InferenceOptions>(configuration, "Inference", InferenceSection.Read).BuildServiceProvider();
        return services.GetRequiredService<IOptions<InferenceOptions>>().Value;
    }
}
