using ClipGrpc.Client;
using Grpc.Core;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Xunit;

namespace ClipGrpc.Examples.Testing;

/// <summary>Tests code that uses a ClipClient, without a server: NSubstitute overrides the client's members.</summary>
public sealed class PhotoAlbumTests
{
    private readonly ClipClient _clip = Substitute.For<ClipClient>();
    private readonly ClipImage _photo = ClipImage.FromBytes(new byte[] { 1 });

    [Theory]
    [InlineData(0.9f, "animals")]
    [InlineData(0.5f, "other")]
    public async Task ChooseFolderAsync_ProbabilityOfTheBestLabel_DecidesTheFolder(float probability, string folder)
    {
        _clip.ClassifyAsync(
                _photo,
                Arg.Is<ClipLabels>(labels => labels.Labels.Count == 3),
                Arg.Any<ClassifyCallOptions>(),
                Arg.Any<CancellationToken>())
            .Returns(ClipModelFactory.Classification([new ClipPrediction("animals", 1, probability, 0.3f)]));

        Assert.Equal(folder, await new PhotoAlbum(_clip).ChooseFolderAsync(_photo, Token));
    }

    [Fact]
    public async Task FindAsync_PhotoThatCannotBeRead_IsLeftOut()
    {
        _clip.EmbedTextAsync("a dog", Arg.Any<EmbedCallOptions>(), Arg.Any<CancellationToken>())
            .Returns(ClipModelFactory.Embedding(new float[] { 1, 0 }));
        _clip.EmbedImagesAsync(
                Arg.Any<IEnumerable<ClipImage>>(), Arg.Any<EmbedCallOptions>(), Arg.Any<CancellationToken>())
            .Returns(
            [
                new ClipResult<ClipEmbedding>(ClipModelFactory.Embedding(new float[] { 0, 1 })),
                new ClipResult<ClipEmbedding>(new ClipError(StatusCode.InvalidArgument, "It is not an image.")),
                new ClipResult<ClipEmbedding>(ClipModelFactory.Embedding(new float[] { 1, 0 })),
            ]);

        Assert.Equal([2, 0], await new PhotoAlbum(_clip).FindAsync("a dog", [_photo, _photo, _photo], Token));
    }

    [Fact]
    public async Task ChooseFolderAsync_ServerThatIsDown_ThrowsTheClientsException()
    {
        _clip.ClassifyAsync(
                Arg.Any<ClipImage>(),
                Arg.Any<ClipLabels>(),
                Arg.Any<ClassifyCallOptions>(),
                Arg.Any<CancellationToken>())
            .ThrowsAsync(new ClipClientException(StatusCode.Unavailable, "The server is down."));

        var exception = await Assert.ThrowsAsync<ClipClientException>(
            () => new PhotoAlbum(_clip).ChooseFolderAsync(_photo, Token));

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
