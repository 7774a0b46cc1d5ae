namespace ClipGrpc.Serving.Batching;

/// <summary>What a failure of an encoder is about.</summary>
internal enum EncoderFault
{
    /// <summary>Unknown: an input may be to blame, or the encoder.</summary>
    Unknown,

    OutOfMemory,

    /// <summary>The device does not work any more, at least not for this encoder.</summary>
    DeviceLost,
}
