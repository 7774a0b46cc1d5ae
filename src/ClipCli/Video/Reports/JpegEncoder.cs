using ClipGrpc.Cli.Video.Ffmpeg;

namespace ClipGrpc.Cli.Video.Reports;

/// <summary>Makes JPEG files of RGB pixels with ffmpeg, many in one run.</summary>
internal static class JpegEncoder
{
    /// <param name="ffmpeg">The executable.</param>
    /// <param name="images">Of one size.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>One file per image, in order; fewer where ffmpeg failed.</returns>
    public static async Task<List<byte[]>> EncodeAsync(
        string ffmpeg, IReadOnlyList<Thumbnail> images, CancellationToken cancellationToken)
    {
        await using var process = FfmpegProcess.Start(
            ffmpeg, FfmpegArguments.EncodeJpeg(images[0].Width, images[0].Height));
        var writing = WriteAsync(process.Input, images, cancellationToken);
        var reader = new NutReader(process.Output);
        var files = new List<byte[]>();
        try
        {
            while (await reader.ReadAsync(cancellationToken) is { } frame)
                files.Add(frame.Data);
        }
        catch (Exception exception) when (exception is EndOfStreamException or InvalidDataException)
        {
            process.Kill();
        }

        await writing;
        return files;
    }

    private static async Task WriteAsync(
        Stream input, IReadOnlyList<Thumbnail> images, CancellationToken cancellationToken)
    {
        try
        {
            await using (input)
            {
                foreach (var image in images)
                    await input.WriteAsync(image.Pixels, cancellationToken);
            }
        }
        catch (IOException)
        {
            // ffmpeg has ended early: there are fewer files than images, which the caller sees.
            return;
        }
    }
}
