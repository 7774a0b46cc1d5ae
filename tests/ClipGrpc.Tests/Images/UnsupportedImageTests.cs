using System.Text;

namespace ClipGrpc.Tests.Images;

public sealed class UnsupportedImageTests
{
    private const string Supported = "supported formats are JPEG, PNG, WebP, GIF and BMP.";

    [Theory]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0mif1heic", "HEIC", "Convert it first.")]
    [InlineData("\0\0\0\u0018ftypmif1\0\0\0\0mif1heic", "HEIC", "Convert it first.")]
    [InlineData("\0\0\0\u001Cftypavif\0\0\0\0avifmif1", "AVIF", "Convert it first.")]
    [InlineData("\0\0\0\u001Cftypmif1\0\0\0\0mif1avif", "AVIF", "Convert it first.")]
    [InlineData("\0\0\0\u0020ftypisom\0\0\u0002\0isomiso2avc1mp41", "an ISO media file (MP4 or QuickTime video)",
        "Send its frames as images.")]
    [InlineData("\0\0\0\u0014ftypqt  \0\0\x02\0qt  ", "an ISO media file (MP4 or QuickTime video)",
        "Send its frames as images.")]
    [InlineData("II*\0\x08\0\0\0", "TIFF", "Convert it first.")]
    [InlineData("MM\0*\0\0\0\x08", "TIFF", "Convert it first.")]
    [InlineData("\xFF\x0A\x00\x10", "JPEG XL", "Convert it first.")]
    [InlineData("\0\0\0\x0CJXL \r\n\x87\n", "JPEG XL", "Convert it first.")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG", "Render it to an image.")]
    [InlineData("<?xml version=\"1.0\"?>\n<!-- a -->\n<svg/>", "SVG", "Render it to an image.")]
    [InlineData("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n", "PDF", "Render its pages to images.")]
    [InlineData("<!DOCTYPE html><html></html>", "HTML",
        "Check its origin: it is often an error page.")]
    [InlineData("  \r\n<HTML><body>404</body>", "HTML",
        "Check its origin: it is often an error page.")]
    [InlineData("data:image/png;base64,iVBORw0KGgo=", "a data URI",
        "Send the bytes that its base64 text encodes.")]
    [InlineData(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk", "base64 text", "Send the decoded bytes.")]
    [InlineData("/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQN\n", "base64 text", "Send the decoded bytes.")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a Git LFS pointer",
        "Fetch the file itself with `git lfs pull`.")]
    [InlineData("\x1F\x8B\x08\0\0\0\0\0", "gzip-compressed data", "Send the uncompressed bytes.")]
    [InlineData("https://example.com/cat.jpg", "a URL", "The server does not fetch URLs: send the bytes of the image.")]
    [InlineData("{\"error\": \"not found\"}", "JSON", "Send the bytes of the image.")]
    [InlineData("a photo of a cat", "text", "Send the bytes of the image.")]
    public void Prepare_NotASupportedImage_IsNamed(string bytes, string name, string nextStep) => Assert.Equal(
        $"The image is {name}, which is not supported; {Supported} {nextStep}",
        TestImages.Refused(() => TestImages.Prepare(Encoding.Latin1.GetBytes(bytes))));

    [Fact]
    public void Prepare_NothingKnown_SaysHowMuchWasSent() => Assert.Equal(
        $"The 5 bytes are not an image in a known format; {Supported}",
        TestImages.Refused(() => TestImages.Prepare([1, 2, 3, 4, 5])));
}
