namespace ClipGrpc.Server.Inference;

/// <summary>One tower as ONNX: the serialised model, and the tensors it refers to without holding them.</summary>
internal sealed record TowerGraph(byte[] Model, IReadOnlyList<GraphConstant> Constants)
{
    /// <summary>The file that the model says its large constants are in.</summary>
    public const string ConstantsFile = "constants";

    /// <summary>Output, float32 [n, dimensions]: rows of L2 norm 1.</summary>
    public const string Embedding = "embedding";

    /// <summary>Output, float32 [n]: the L2 norm that each row had.</summary>
    public const string Norm = "norm";
}
