namespace ClipGrpc.Serving.Batching;

/// <summary>The cause of an encoder's failure.</summary>
internal enum EncoderFault
{
    /// <summary>Unknown: either an input or the encoder.</summary>
    Unknown,

    OutOfMemory,

    /// <summary>The device no longer works, at least for this encoder.</summary>
    DeviceLost,
}
