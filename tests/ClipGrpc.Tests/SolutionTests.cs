namespace ClipGrpc.Tests;

public sealed class SolutionTests
{
    [Fact]
    public void Contract_Package_IsClipV1() => Assert.Equal("clip.v1", ClipGrpc.V1.ClipReflection.Descriptor.Package);
}
