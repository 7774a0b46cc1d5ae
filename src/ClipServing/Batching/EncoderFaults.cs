namespace ClipGrpc.Serving.Batching;

/// <summary>Classifies failures of the model runtime by their messages, because it has one exception for all.</summary>
internal static class EncoderFaults
{
    private static readonly string[] OutOfMemory =
    [
        "Failed to allocate memory",
        "bad allocation",
        "std::bad_alloc",
        "out of memory",
        "BFCArena",
        "ALLOC_FAILED",
        "cudaErrorMemoryAllocation",
    ];

    private static readonly string[] DeviceLost =
    [
        "device-side assert",
        "unspecified launch failure",
        "illegal memory access",
        "illegal instruction",
        "misaligned address",
        "uncorrectable ECC error",
        "hardware stack error",
        "device is lost",
        "device lost",
        "has fallen off the bus",
        "no CUDA-capable device",
        "CUDA driver is shutting down",
        "invalid device context",
        "context is destroyed",
        "launch timed out",
    ];

    public static EncoderFault Of(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is OutOfMemoryException || Mentions(cause, OutOfMemory))
                return EncoderFault.OutOfMemory;
            if (Mentions(cause, DeviceLost))
                return EncoderFault.DeviceLost;
        }

        return EncoderFault.Unknown;
    }

    private static bool Mentions(Exception exception, string[] texts) =>
        Array.Exists(texts, text => exception.Message.Contains(text, StringComparison.OrdinalIgnoreCase));
}
