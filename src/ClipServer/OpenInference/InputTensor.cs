namespace ClipGrpc.Server.OpenInference;

/// <summary>What a request states of an input, checked against its definition.</summary>
/// <param name="Field">Where the request has it: <c>inputs[0]</c>.</param>
/// <param name="Shape">None of its dimensions is 0.</param>
/// <param name="Count">The product of the shape.</param>
internal sealed record TensorHeader(
    TensorDefinition Definition, Datatype Datatype, string Field, int[] Shape, int Count);

/// <summary>An input whose content has the size that its shape states.</summary>
internal sealed record InputTensor(TensorHeader Header)
{
    /// <summary>Numbers, little endian, the last dimension first.</summary>
    public ReadOnlyMemory<byte> Numbers { get; init; }

    /// <summary>Null: it has numbers.</summary>
    public IElements? Elements { get; init; }
}
