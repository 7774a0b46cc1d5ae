namespace ClipGrpc.Models.Tensors;

/// <summary>
/// The learnt tensors of a CLIP by their OpenCLIP names and shapes (<c>visual.conv1.weight</c>,
/// <c>transformer.resblocks.0.attn.in_proj_weight</c>, …), whatever the layout of the files they come from.
/// </summary>
internal interface IWeights
{
    /// <exception cref="ClipException">No tensor of that name.</exception>
    TensorView Get(string name);

    /// <summary>One of <paramref name="count"/> equal parts of a tensor along its first dimension.</summary>
    /// <exception cref="ClipException">No tensor of that name, or it does not have such parts.</exception>
    TensorView GetPart(string name, int index, int count) => Get(name).Part(index, count);
}
