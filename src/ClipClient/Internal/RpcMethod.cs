using Grpc.Health.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>An RPC that the client calls, as spans name it.</summary>
internal sealed record RpcMethod(string Service, string Name)
{
    private static readonly string ClipService = V1.ClipService.Descriptor.FullName;
    private static readonly string ModelService = V1.ModelService.Descriptor.FullName;

    public static RpcMethod Embed { get; } = new(ClipService, nameof(Embed));

    public static RpcMethod EmbedStream { get; } = new(ClipService, nameof(EmbedStream));

    public static RpcMethod Classify { get; } = new(ClipService, nameof(Classify));

    public static RpcMethod ClassifyStream { get; } = new(ClipService, nameof(ClassifyStream));

    public static RpcMethod CreateLabelSet { get; } = new(ClipService, nameof(CreateLabelSet));

    public static RpcMethod Rank { get; } = new(ClipService, nameof(Rank));

    public static RpcMethod ListModels { get; } = new(ModelService, nameof(ListModels));

    public static RpcMethod GetModel { get; } = new(ModelService, nameof(GetModel));

    public static RpcMethod LoadModel { get; } = new(ModelService, nameof(LoadModel));

    public static RpcMethod UnloadModel { get; } = new(ModelService, nameof(UnloadModel));

    public static RpcMethod Check { get; } = new(Health.Descriptor.FullName, nameof(Check));

    public string FullName { get; } = $"{Service}/{Name}";
}
