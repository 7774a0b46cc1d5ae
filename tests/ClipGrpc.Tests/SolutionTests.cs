namespace ClipGrpc.Tests;

public sealed class SolutionTests
{
    [Fact]
    public void Contract_Package_IsClipGrpcV1() =>
        Assert.Equal("clipgrpc.v1", ClipGrpc.V1.ClipReflection.Descriptor.Package);
}
