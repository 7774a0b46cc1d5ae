using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class EncoderFaultsTests
{
    [Theory]
    [InlineData("[ErrorCode:RuntimeException] Non-zero status code returned while running MatMul node. Name:'m' Status "
        + "Message: bad allocation", EncoderFault.OutOfMemory)]
    [InlineData("[ErrorCode:Fail] Failed to allocate memory for requested buffer of size 411041792",
        EncoderFault.OutOfMemory)]
    [InlineData("[ErrorCode:RuntimeException] CUDA failure 2: out of memory ; GPU=0", EncoderFault.OutOfMemory)]
    [InlineData("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0", EncoderFault.OutOfMemory)]
    [InlineData("CUDA failure 710: device-side assert triggered ; GPU=0", EncoderFault.DeviceLost)]
    [InlineData("CUDA failure 719: unspecified launch failure ; GPU=0", EncoderFault.DeviceLost)]
    [InlineData("CUDA failure 700: an illegal memory access was encountered ; GPU=0", EncoderFault.DeviceLost)]
    [InlineData("CUDA failure 214: uncorrectable ECC error encountered ; GPU=0", EncoderFault.DeviceLost)]
    [InlineData("[ErrorCode:InvalidArgument] Got invalid dimensions for input: pixels", EncoderFault.Unknown)]
    public void Of_TextOfTheRuntime_IsRecognized(string message, object expected)
    {
        Assert.Equal(expected, EncoderFaults.Of(new InvalidOperationException(message)));
        Assert.Equal(expected, EncoderFaults.Of(new IOException("outer", new InvalidOperationException(message))));
    }

    [Fact]
    public void Of_ManagedHeapExhausted_IsOutOfMemory() =>
        Assert.Equal(EncoderFault.OutOfMemory, EncoderFaults.Of(new OutOfMemoryException()));
}
