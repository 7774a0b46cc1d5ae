namespace ClipGrpc.Client.Internal;

/// <summary>An RPC that the client calls, as spans name it.</summary>
internal sealed record RpcMethod(string Service, string Name)
{
    private const string ClipService = "clipgrpc.v1.ClipService";
    private const string ModelService = "clipgrpc.v1.ModelService";

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

    public static RpcMethod Check { get; } = new("grpc.health.v1.Health", nameof(Check));

    public string FullName { get; } = $"{Service}/{Name}";
}
