namespace ClipGrpc.Client;

/// <summary>How vectors are encoded in responses.</summary>
public enum EmbeddingEncoding
{
    /// <summary>4 bytes per element.</summary>
    Float32,

    /// <summary>2 bytes per element, with a precision of about three decimal digits.</summary>
    Float16,
}
