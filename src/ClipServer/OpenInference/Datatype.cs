namespace ClipGrpc.Server.OpenInference;

/// <summary>A type of elements, of those that the tensors of this server have.</summary>
/// <param name="Name">As tensors name it.</param>
/// <param name="Size">Bytes of an element; 0: each has a length of its own.</param>
/// <param name="InConfiguration">As a model's configuration names it.</param>
internal sealed record Datatype(string Name, int Size, string InConfiguration)
{
    public static Datatype Bytes { get; } = new("BYTES", 0, "TYPE_STRING");

    public static Datatype Uint8 { get; } = new("UINT8", sizeof(byte), "TYPE_UINT8");

    public static Datatype Int32 { get; } = new("INT32", sizeof(int), "TYPE_INT32");

    public static Datatype Int64 { get; } = new("INT64", sizeof(long), "TYPE_INT64");

    public static Datatype Fp16 { get; } = new("FP16", sizeof(ushort), "TYPE_FP16");

    public static Datatype Fp32 { get; } = new("FP32", sizeof(float), "TYPE_FP32");
}
