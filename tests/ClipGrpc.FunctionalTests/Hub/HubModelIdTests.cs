using ClipGrpc.Models.Hub;

namespace ClipGrpc.FunctionalTests.Hub;

public sealed class HubModelIdTests
{
    [Theory]
    [InlineData("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "main")]
    [InlineData("a/b@v1.0", "a/b", "v1.0")]
    [InlineData("a/b@refs/pr/3", "a/b", "refs/pr/3")]
    [InlineData(
        "a_1/b.c@0123456789abcdef0123456789abcdef01234567", "a_1/b.c", "0123456789abcdef0123456789abcdef01234567")]
    public void TryParse_GoodSource_IsReadInItsParts(string source, string id, string revision)
    {
        Assert.True(HubModelId.TryParse(source, out var model));
        Assert.Equal((id, revision), (model.Id, model.Revision));
        Assert.Equal(revision.Length == 40, model.IsCommit);
    }

    [Theory]
    [InlineData("")]
    [InlineData("clip")]
    [InlineData("a/b/c")]
    [InlineData("/b")]
    [InlineData("a/")]
    [InlineData("../b")]
    [InlineData("a/..")]
    [InlineData("a/b..c")]
    [InlineData("a/b--c")]
    [InlineData("a/-b")]
    [InlineData("a/b?x")]
    [InlineData("a/b c")]
    [InlineData("a/b%2e")]
    [InlineData("a/ü")]
    [InlineData("a/b@")]
    [InlineData("a/b@../x")]
    [InlineData("a/b@/x")]
    [InlineData("a/b@x//y")]
    [InlineData("a/b@-x")]
    [InlineData("a/b@x@y")]
    [InlineData("a/b@x\\y")]
    public void TryParse_AnythingElse_IsRefused(string source) => Assert.False(HubModelId.TryParse(source, out _));
}
