using ClipGrpc.Server.Hosting;
using ClipGrpc.Server.Inference;
using ClipGrpc.Server.Models;
using ClipGrpc.Server.Models.Hub;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>What the server would make of a source and its settings.</summary>
internal static class ModelSettings
{
    /// <exception cref="Server.ClipException">No such model.</exception>
    public static async Task<string> LocateAsync(string source, TimeProvider time, CancellationToken cancellationToken)
    {
        using var hub = new HubModels(HubOptions.FromEnvironment(Environment.GetEnvironmentVariable), time);
        return await new ModelLocator(hub).LocateAsync(source, new LogProgress(NullLogger.Instance), cancellationToken);
    }

    public static InferenceOptions Inference(IReadOnlyDictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        using var services = new ServiceCollection()
            .AddClipOptions<InferenceOptions>(configuration, "Inference").BuildServiceProvider();
        return services.GetRequiredService<IOptions<InferenceOptions>>().Value;
    }
}
