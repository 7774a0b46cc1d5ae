using ClipGrpc.OpenInference;
using Google.Protobuf;

namespace ClipGrpc.Server.OpenInference;

/// <summary>Writes results and descriptions as messages of gRPC.</summary>
internal static class MessageWriter
{
    /// <summary>With raw contents only: some clients read no others.</summary>
    public static ModelInferResponse ToMessage(InferenceResult result)
    {
        var message = new ModelInferResponse
        {
            ModelName = result.Model,
            ModelVersion = InferenceEngine.Version,
            Id = result.Id,
        };
        foreach (var output in result.Outputs)
        {
            message.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor
            {
                Name = output.Name,
                Datatype = output.Datatype.Name,
                Shape = { ToLongs(output.Shape) },
            });
            message.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(output.Data));
        }

        return message;
    }

    public static ServerMetadataResponse ToMessage(ServerDescription server) => new()
    {
        Name = server.Name,
        Version = server.Version,
        Extensions = { server.Extensions },
    };

    public static ModelMetadataResponse ToMessage(ModelDescription model) => new()
    {
        Name = model.Name,
        Versions = { model.Versions },
        Platform = model.Platform,
        Inputs = { model.Inputs.Select(ToMessage) },
        Outputs = { model.Outputs.Select(ToMessage) },
        Properties = { model.Properties.ToDictionary() },
    };

    public static ModelConfig ToMessage(ConfigurationDescription model) => new()
    {
        Name = model.Name,
        Platform = model.Platform,
        Backend = model.Backend,
        MaxBatchSize = model.MaxBatchSize,
        DynamicBatching = new ModelDynamicBatching(),
        Input =
        {
            model.Input.Select(input => new ModelInput
            {
                Name = input.Name,
                DataType = TypeOf(input.DataType),
                Dims = { ToLongs(input.Dims) },
                Optional = input.Optional,
            }),
        },
        Output =
        {
            model.Output.Select(output => new ModelOutput
            {
                Name = output.Name,
                DataType = TypeOf(output.DataType),
                Dims = { ToLongs(output.Dims) },
            }),
        },
    };

    public static ModelStatisticsResponse ToMessage(StatisticsDescription statistics) => new()
    {
        ModelStats =
        {
            statistics.ModelStats.Select(model => new ModelStatistics
            {
                Name = model.Name,
                Version = model.Version,
                LastInference = (ulong)model.LastInference,
                InferenceCount = (ulong)model.InferenceCount,
                ExecutionCount = (ulong)model.ExecutionCount,
                InferenceStats = ToMessage(model.InferenceStats),
            }),
        },
    };

    public static RepositoryIndexResponse ToMessage(IReadOnlyList<IndexDescription> models) => new()
    {
        Models =
        {
            models.Select(model => new RepositoryIndexResponse.Types.ModelIndex
            {
                Name = model.Name,
                Version = model.Version,
                State = model.State,
                Reason = model.Reason,
            }),
        },
    };

    private static InferStatistics ToMessage(InferStatisticsDescription statistics) => new()
    {
        Success = ToMessage(statistics.Success),
        Fail = ToMessage(statistics.Fail),
        Queue = ToMessage(statistics.Queue),
        ComputeInput = ToMessage(statistics.ComputeInput),
        ComputeInfer = ToMessage(statistics.ComputeInfer),
        ComputeOutput = ToMessage(statistics.ComputeOutput),
        CacheHit = ToMessage(statistics.CacheHit),
        CacheMiss = ToMessage(statistics.CacheMiss),
    };

    private static StatisticDuration ToMessage(DurationDescription duration) =>
        new() { Count = (ulong)duration.Count, Ns = (ulong)duration.Ns };

    private static ModelMetadataResponse.Types.TensorMetadata ToMessage(TensorDescription tensor) => new()
    {
        Name = tensor.Name,
        Datatype = tensor.Datatype,
        Shape = { ToLongs(tensor.Shape) },
    };

    private static DataType TypeOf(string name) =>
        (DataType)GrpcServiceReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.EnumDescriptor>("DataType")
            .FindValueByName(name).Number;

    private static IEnumerable<long> ToLongs(int[] shape) => shape.Select(size => (long)size);
}
