using System.Text.Json.Serialization;

namespace ClipGrpc.Server.OpenInference;

internal sealed record LiveDescription(bool Live);

internal sealed record ReadyDescription(bool Ready);

internal sealed record ModelReadyDescription(string Name, bool Ready);

internal sealed record ServerDescription(string Name, string Version, string[] Extensions);

internal sealed record ModelNames(string[] Models);

internal sealed record ModelDescription(
    string Name, string[] Versions, string Platform, TensorDescription[] Inputs, TensorDescription[] Outputs,
    IReadOnlyDictionary<string, string> Properties);

internal sealed record TensorDescription(string Name, string Datatype, int[] Shape);

internal sealed record ConfigurationDescription(
    string Name, string Platform, string Backend, int MaxBatchSize, InputConfiguration[] Input,
    OutputConfiguration[] Output)
{
    /// <summary>Requests of several callers share batches; how, is the server's own.</summary>
    public IReadOnlyDictionary<string, string> DynamicBatching { get; } = new Dictionary<string, string>();
}

/// <param name="Dims">Without the dimension of the batch.</param>
internal sealed record InputConfiguration(string Name, string DataType, int[] Dims, bool Optional);

internal sealed record OutputConfiguration(string Name, string DataType, int[] Dims);

internal sealed record StatisticsDescription(ModelStatisticsDescription[] ModelStats);

internal sealed record ModelStatisticsDescription(
    string Name, string Version, long LastInference, long InferenceCount, long ExecutionCount,
    InferStatisticsDescription InferenceStats)
{
    /// <summary>Not counted; clients expect the list.</summary>
    public string[] BatchStats { get; } = [];
}

internal sealed record InferStatisticsDescription(
    DurationDescription Success, DurationDescription Fail, DurationDescription Queue, DurationDescription ComputeInput,
    DurationDescription ComputeInfer, DurationDescription ComputeOutput)
{
    /// <summary>Responses are not cached.</summary>
    public DurationDescription CacheHit { get; } = new(0, 0);

    public DurationDescription CacheMiss { get; } = new(0, 0);
}

internal sealed record DurationDescription(long Count, long Ns);

internal sealed record IndexDescription(string Name, string Version, string State, string Reason);

internal sealed record LoadDescription(string Name, bool Load);

internal sealed record UnloadDescription(string Name, bool Unload);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(LiveDescription))]
[JsonSerializable(typeof(ReadyDescription))]
[JsonSerializable(typeof(ModelReadyDescription))]
[JsonSerializable(typeof(ServerDescription))]
[JsonSerializable(typeof(ModelNames))]
[JsonSerializable(typeof(ModelDescription))]
[JsonSerializable(typeof(ConfigurationDescription))]
[JsonSerializable(typeof(StatisticsDescription))]
[JsonSerializable(typeof(IReadOnlyList<IndexDescription>))]
[JsonSerializable(typeof(LoadDescription))]
[JsonSerializable(typeof(UnloadDescription))]
internal sealed partial class DescriptionJson : JsonSerializerContext;
