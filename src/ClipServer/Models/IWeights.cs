namespace ClipGrpc.Server.Models;

/// <summary>
/// The learnt tensors of a CLIP by their OpenCLIP names and shapes (<c>visual.conv1.weight</c>,
/// <c>transformer.resblocks.0.attn.in_proj_weight</c>, …), whatever the layout of the files they come from.
/// </summary>
internal interface IWeights
{
    /// <exception cref="ClipException">No tensor of that name.</exception>
    TensorView Get(string name);
}
