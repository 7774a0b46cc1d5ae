namespace ClipGrpc.Models.Tensors;

/// <summary>Element types of checkpoints that the readers give out. All are little endian.</summary>
internal enum TensorType
{
    Float32,
    Float16,
    BFloat16,
    Int64,
}
